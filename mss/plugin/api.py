# SPDX-License-Identifier: GPL-2.0-or-later
"""All that a plugin imports from mss; what stands here keeps its meaning within one ``API_VERSION``."""
from __future__ import annotations

from mss.model.call_record import CallRecord
from mss.model.routing import CallInfo, Redirect, Refuse
from mss.plugin.hookspecs import hookimpl
from mss.plugin.types import API_VERSION, CallEvent, Metric, RegistrationChange, RequestInfo, ServerInfo

__all__ = [
    "API_VERSION",
    "CallEvent",
    "CallInfo",
    "CallRecord",
    "Metric",
    "Redirect",
    "Refuse",
    "RegistrationChange",
    "RequestInfo",
    "ServerInfo",
    "hookimpl",
]

# SPDX-License-Identifier: GPL-2.0-or-later
"""Which plugins are off: those named in the settings and those that an administrator disabled by command."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from mss.config.settings import PluginSettings
from mss.model.plugin_state import PluginState


def with_disabled(settings: PluginSettings, states: Iterable[PluginState]) -> PluginSettings:
    """The plugin settings with the plugins that the store says are disabled; for ``build_plugin_manager``."""
    disabled = dict.fromkeys([*settings.disabled, *(state.name for state in states if not state.enabled)])
    return dataclasses.replace(settings, disabled=tuple(disabled))

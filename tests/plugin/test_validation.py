# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import types

import pytest

from mss.plugin.api import hookimpl
from mss.plugin.validation import ERROR, WARNING, SpecifiedManager, did_you_mean, find_faults


def faults(**attributes):
    """Findings on a module with these attributes."""
    module = types.ModuleType("candidate")
    vars(module).update(attributes)
    return [(finding.level, finding.message) for finding in find_faults(SpecifiedManager(), module)]


@hookimpl
def takes_nothing():
    return None


@hookimpl
def takes_default(call, extra=None):
    return None


@hookimpl
def takes_many(*args):
    return None


@hookimpl
def takes_keywords(**kwargs):
    return None


@hookimpl
def takes_other(request):
    return None


@hookimpl
def takes_server(serverr):
    return None


@hookimpl(specname="mss_route_call")
def other_name(call):
    return None


@hookimpl(wrapper=True)
def wrapper(call):
    return (yield)


@hookimpl
async def stream():
    yield None


@hookimpl(optionalhook=True)
def optional():
    return None


def unmarked(call):
    return None


@pytest.mark.parametrize(
    "attributes",
    [
        {"mss_route_call": takes_nothing},
        {"mss_route_call": takes_default},
        {"anything": other_name},
        {"mss_of_another_version": optional, "mss_route_call": takes_nothing},
        {"mss_route_call": takes_nothing, "mss_api": 1},
    ],
)
def test_fit(attributes):
    assert faults(**attributes) == []


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"mss_frobnicate": takes_nothing}, "unknown hook mss_frobnicate"),
        ({"mss_call_records": takes_nothing}, "unknown hook mss_call_records, did you mean mss_call_record?"),
        ({"mss_route_call": takes_other}, "mss_route_call has no argument request (there are: call)"),
        ({"mss_metrics": takes_other}, "mss_metrics has no argument request (there are: none)"),
        ({"mss_start": takes_server}, "mss_start has no argument serverr, did you mean server?"),
        ({"mss_route_call": takes_many}, "mss_route_call has no argument *args (there are: call)"),
        ({"mss_route_call": takes_keywords}, "mss_route_call has no argument *kwargs (there are: call)"),
        ({"mss_route_call": wrapper},
         "mss_route_call is a wrapper; plugins are called apart from each other, so none can be"),
        ({"mss_metrics": stream}, "mss_metrics is an asynchronous generator; return a list instead"),
        ({"mss_route_call": unmarked}, "mss_route_call is not marked with @hookimpl"),
        ({"mss_route_call": takes_nothing, "mss_api": "1"}, "mss_api must be a whole number, not '1'"),
        ({"mss_route_call": takes_nothing, "mss_api": 0}, "it was written for plugin API 0, this server has 1"),
    ],
)  # fmt: skip
def test_misfit(attributes, message):
    assert faults(**attributes) == [(ERROR, message)]


def test_all_faults_are_found_at_once():
    assert len(faults(mss_frob=takes_nothing, mss_route_call=takes_other, mss_api=7)) == 3


def test_no_hook_at_all_is_worth_a_warning():
    assert faults() == [(WARNING, "it implements no hook")]


def test_properties_are_not_run():
    class Plugin:
        @property
        def mss_route_call(self):
            raise AssertionError("looked at")

    assert [finding.level for finding in find_faults(SpecifiedManager(), Plugin())] == [WARNING]


def test_did_you_mean():
    assert did_you_mean("mss_strat", ["mss_start", "mss_stop"]) == ", did you mean mss_start?"
    assert did_you_mean("frob", ["mss_start"]) == ""

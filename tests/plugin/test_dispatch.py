# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls go on, whatever a plugin does."""
from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from mss.config.settings import PluginSettings
from mss.plugin import breaker, host
from mss.plugin.api import CallEvent, Metric, Redirect, Refuse, hookimpl

EVENT = CallEvent("started", "1", 0.0, "100", "101", "")


class Router:
    """Answers with what it is given."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.threads: list[str] = []

    @hookimpl
    def mss_route_call(self, call):
        self.threads.append(threading.current_thread().name)
        return self.answer


class Raiser:
    @hookimpl
    def mss_route_call(self, call):
        raise ValueError("no such thing")


class Sleeper:
    """Does not answer before its event is set."""

    def __init__(self, release: threading.Event) -> None:
        self.release = release
        self.began = threading.Event()
        self.calls = 0

    @hookimpl
    def mss_route_call(self, call):
        self.calls += 1
        self.began.set()
        self.release.wait(60)
        return Redirect("900")


class Listener:
    def __init__(self) -> None:
        self.heard: list[object] = []

    @hookimpl
    def mss_start(self, server):
        self.heard.append("start")

    @hookimpl
    def mss_call_event(self, event):
        self.heard.append(event)

    @hookimpl
    def mss_stop(self):
        self.heard.append("stop")


class AsyncRouter:
    def __init__(self) -> None:
        self.gate: asyncio.Event | None = None
        self.heard: list[str] = []

    @hookimpl
    async def mss_start(self, server):
        self.gate = asyncio.Event()
        await asyncio.sleep(0)
        self.heard.append("start")

    @hookimpl
    async def mss_route_call(self, call):
        await asyncio.sleep(0)
        if call.dialled == "wait":
            try:
                await self.gate.wait()
            finally:
                self.heard.append("cancelled")
        return Redirect(call.caller)

    @hookimpl
    def mss_stop(self):
        self.heard.append("stop")


def info_of(dispatcher, name):
    return next(info for info in dispatcher.list() if info.name == name)


# --- questions


def test_nobody_asked_answers_at_once(world, call_info, answers):
    dispatcher = world.dispatcher(world.manager())
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [None]
    assert not dispatcher.has("mss_route_call")


def test_unknown_hook_is_our_own_mistake(world, answers):
    dispatcher = world.dispatcher(world.manager())
    with pytest.raises(KeyError):
        dispatcher.ask("mss_rout_call", (), answers)
    with pytest.raises(KeyError):
        dispatcher.tell("mss_rout_call", ())


def test_builtin_answers_at_once_in_this_thread(world, call_info, answers):
    router = Router(Redirect("200"))
    dispatcher = world.dispatcher(world.manager({"router": router}))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [Redirect("200")]
    assert router.threads == [threading.current_thread().name]


def test_trusted_plugin_runs_inline(world, call_info, answers):
    router = Router(Redirect("200"))
    dispatcher = world.dispatcher(world.manager_with(PluginSettings(inline=("trusted",)), trusted=router))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [Redirect("200")]


def test_installed_plugin_answers_from_its_own_thread(world, call_info, answers):
    router = Router(Redirect("200"))
    dispatcher = world.dispatcher(world.manager(router=router))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == []
    world.loop.run_until(lambda: answers)
    assert answers == [Redirect("200")]
    assert router.threads == ["mss-plugin-router"]
    assert all(timer.is_cancelled for timer in world.loop.timers)


def test_first_answer_wins(world, call_info, answers):
    plugins = {"a": Router(None), "b": Router(Refuse(486)), "c": Router(Redirect("200"))}
    dispatcher = world.dispatcher(world.manager({"z": Router(Redirect("300"))}, **plugins))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.run_until(lambda: answers)
    assert answers == [Refuse(486)]
    assert [len(plugin.threads) for plugin in plugins.values()] == [1, 1, 0]


def test_none_of_all_is_none(world, call_info, answers):
    dispatcher = world.dispatcher(world.manager({"z": Router(None)}, a=Router(None)))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.run_until(lambda: answers)
    assert answers == [None]


def test_gather_takes_all_answers(world, answers):
    class Meter:
        @hookimpl
        def mss_metrics(self):
            yield Metric("mss_a", 1.0)

    dispatcher = world.dispatcher(world.manager({"z": Meter()}, a=Meter(), b=Meter()))
    dispatcher.gather("mss_metrics", (), answers)
    world.loop.run_until(lambda: answers)
    assert answers == [[[Metric("mss_a", 1.0)]] * 3]


# --- plugins that misbehave


@pytest.mark.parametrize("is_inline", [True, False])
def test_raising_plugin_is_named_counted_and_skipped(world, call_info, answers, caplog, is_inline):
    settings = PluginSettings(inline=("bad",) if is_inline else ())
    dispatcher = world.dispatcher(world.manager_with(settings, bad=Raiser(), good=Router(Redirect("200"))))
    for _ in range(3):
        answers.clear()
        dispatcher.ask("mss_route_call", (call_info,), answers)
        world.loop.run_until(lambda: answers)
        assert answers == [Redirect("200")]
    info = info_of(dispatcher, "bad")
    assert (info.state, info.calls, info.errors) == ("active", 3, 3)
    assert "mss_route_call raised ValueError: no such thing (" in info.last_error
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert lines[0].startswith("plugin bad: mss_route_call raised ValueError: no such thing")


def test_held_back_lines_are_counted(world, call_info, answers, caplog):
    dispatcher = world.dispatcher(world.manager({"bad": Raiser()}))
    for _ in range(5):
        dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.advance(11)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [None] * 6
    assert [record.getMessage().endswith("(4 more since the last line)") for record in caplog.records] == [False, True]


@pytest.mark.parametrize("answer", ["200", 486, ("200",)])
def test_wrong_answer_is_an_error(world, call_info, answers, answer):
    dispatcher = world.dispatcher(world.manager(bad=Router(answer)))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.run_until(lambda: answers)
    assert answers == [None]
    assert "expected Redirect, Refuse or None" in info_of(dispatcher, "bad").last_error


def test_system_exit_does_not_end_the_thread(world, call_info, answers):
    class Quitter:
        @hookimpl
        def mss_route_call(self, call):
            raise SystemExit(1)

    dispatcher = world.dispatcher(world.manager(bad=Quitter()))
    for count in (1, 2):
        dispatcher.ask("mss_route_call", (call_info,), answers)
        world.loop.run_until(lambda count=count: len(answers) == count)
    assert answers == [None, None]
    assert info_of(dispatcher, "bad").errors == 2


def test_sleeping_plugin_is_skipped_at_its_time_limit(world, call_info, answers, caplog):
    dispatcher = world.dispatcher(world.manager({"z": Router(Redirect("200"))}, bad=Sleeper(world.release)))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.advance(0.49)
    assert answers == []
    world.loop.advance(0.02)
    assert answers == [Redirect("200")]
    info = info_of(dispatcher, "bad")
    assert (info.state, info.slow) == ("active", 1)
    assert "plugin bad: no answer to mss_route_call within 500 ms" in caplog.text


def test_time_limit_can_be_set_while_running(world, call_info, answers):
    dispatcher = world.dispatcher(world.manager(bad=Sleeper(world.release)))
    dispatcher.set_timeout(2000)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.advance(1.99)
    assert answers == []
    world.loop.advance(0.02)
    assert answers == [None]


def test_late_answer_is_ignored(world, call_info, answers):
    sleeper = Sleeper(world.release)
    dispatcher = world.dispatcher(world.manager(bad=sleeper))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert sleeper.began.wait(10)
    world.loop.advance(1)
    world.release.set()
    later = type(answers)()
    dispatcher.ask("mss_route_call", (call_info,), later)
    world.loop.run_until(lambda: later)
    assert answers == [None]
    assert later == [Redirect("900")]


def suspend(world, dispatcher, sleeper, call_info, answers):
    """Three questions without an answer."""
    for _ in range(breaker.TIMEOUT_LIMIT):
        dispatcher.ask("mss_route_call", (call_info,), answers)
        assert sleeper.began.wait(10)
        world.loop.advance(0.5)
    assert info_of(dispatcher, "bad").state == "suspended"


def test_plugin_is_suspended_after_three_time_outs(world, call_info, answers, caplog):
    sleeper = Sleeper(world.release)
    dispatcher = world.dispatcher(world.manager({"z": Router(Redirect("200"))}, bad=sleeper))
    suspend(world, dispatcher, sleeper, call_info, answers)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [Redirect("200")] * 4
    info = info_of(dispatcher, "bad")
    assert (info.calls, info.slow) == (3, 3)
    assert "no answer to mss_route_call" in info.reason
    assert "plugin bad is suspended until it answers again" in caplog.text


def test_suspended_plugin_is_tried_again_when_its_thread_is_back(world, call_info, answers):
    sleeper = Sleeper(world.release)
    dispatcher = world.dispatcher(world.manager(bad=sleeper))
    suspend(world, dispatcher, sleeper, call_info, answers)
    world.loop.advance(60)
    assert info_of(dispatcher, "bad").state == "suspended", "its thread is still away"
    world.release.set()
    world.loop.run_until(lambda: info_of(dispatcher, "bad").state == "active")
    assert sleeper.calls == 1, "questions that nobody waits for are not asked"
    answers.clear()
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.run_until(lambda: answers)
    assert answers == [Redirect("900")]


def test_plugin_on_trial_is_suspended_at_once(world, call_info, answers):
    sleeper = Sleeper(world.release)
    dispatcher = world.dispatcher(world.manager(bad=sleeper))
    suspend(world, dispatcher, sleeper, call_info, answers)
    world.release.set()
    world.loop.advance(breaker.HOLD_SECONDS)
    world.loop.run_until(lambda: info_of(dispatcher, "bad").state == "active")
    world.release.clear()
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.advance(0.5)
    assert info_of(dispatcher, "bad").state == "suspended"


def test_suspension_lasts_for_the_hold_time_even_if_the_thread_is_back(world, call_info, answers):
    sleeper = Sleeper(world.release)
    dispatcher = world.dispatcher(world.manager(bad=sleeper, good=Router(None)))
    suspend(world, dispatcher, sleeper, call_info, answers)
    world.release.set()
    world.loop.run_until(lambda: dispatcher._hosts["bad"]._outstanding == 0)
    assert info_of(dispatcher, "bad").state == "suspended"
    world.loop.advance(breaker.HOLD_SECONDS)
    assert info_of(dispatcher, "bad").state == "active"


def test_answer_in_time_clears_the_count(world, call_info, answers):
    sleeper = Sleeper(world.release)
    dispatcher = world.dispatcher(world.manager(bad=sleeper))
    for _ in range(3):
        world.release.clear()
        for _ in range(2):
            dispatcher.ask("mss_route_call", (call_info,), answers)
            world.loop.advance(0.5)
        world.release.set()
        answers.clear()
        dispatcher.ask("mss_route_call", (call_info,), answers)
        world.loop.run_until(lambda: answers)
    info = info_of(dispatcher, "bad")
    assert (info.state, info.slow) == ("active", 6)


# --- notifications


def test_tell_reaches_all_in_order(world):
    inline, threaded = Listener(), Listener()
    dispatcher = world.dispatcher(world.manager({"a": inline}, b=threaded))
    dispatcher.start(world.server)
    events = [EVENT._replace(call=str(number)) for number in range(100)]
    for event in events:
        dispatcher.tell("mss_call_event", (event,))
    world.close()
    assert inline.heard == threaded.heard == ["start", *events, "stop"]


def test_tell_wakes_a_thread_once_for_many(world):
    dispatcher = world.dispatcher(world.manager(a=Listener()))
    for _ in range(10):
        dispatcher.tell("mss_call_event", (EVENT,))
    assert len(world.loop.timers) == 1
    worker = dispatcher._hosts["a"]
    assert worker._worker is None, "nothing runs before the delay is over"
    world.loop.advance(host.TELL_DELAY)
    assert worker._worker is not None
    assert worker._worker.given == 10


def test_raising_listener_is_named_and_counted(world, caplog):
    class Bad:
        @hookimpl
        def mss_call_event(self, event):
            raise ValueError("broken")

    dispatcher = world.dispatcher(world.manager(bad=Bad()))
    dispatcher.tell("mss_call_event", (EVENT,))
    world.loop.advance(0.1)
    world.loop.run_until(lambda: info_of(dispatcher, "bad").errors)
    assert "plugin bad: mss_call_event raised ValueError: broken" in caplog.text


class Stuck:
    def __init__(self, release):
        self.release = release
        self.began = threading.Event()

    @hookimpl
    def mss_call_event(self, event):
        self.began.set()
        self.release.wait(60)

    @hookimpl
    def mss_route_call(self, call):
        return None


def test_stuck_listener_is_named(world, caplog):
    stuck = Stuck(world.release)
    dispatcher = world.dispatcher(world.manager(bad=stuck))
    for _ in range(3):
        dispatcher.tell("mss_call_event", (EVENT,))
    world.loop.advance(0.1)
    assert stuck.began.wait(10)
    world.loop.advance(3)
    info = info_of(dispatcher, "bad")
    assert info.slow == 1
    assert info.last_error == "mss_call_event takes longer than 500 ms, 3 notifications wait"
    assert caplog.text.count("takes longer") == 1


def test_time_out_names_what_the_plugin_is_busy_with(world, call_info, answers):
    stuck = Stuck(world.release)
    dispatcher = world.dispatcher(world.manager(bad=stuck))
    dispatcher.tell("mss_call_event", (EVENT,))
    world.loop.advance(0.1)
    assert stuck.began.wait(10)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.advance(0.5)
    assert answers == [None]
    assert info_of(dispatcher, "bad").last_error.endswith("it is busy with mss_call_event")


def test_notifications_beyond_the_limit_are_dropped_and_counted(world, monkeypatch, caplog):
    monkeypatch.setattr(host, "QUEUE_LIMIT", 4)
    stuck = Stuck(world.release)
    dispatcher = world.dispatcher(world.manager(bad=stuck))
    for _ in range(3):
        dispatcher.tell("mss_call_event", (EVENT,))
        world.loop.advance(0.06)
    for _ in range(3):
        dispatcher.tell("mss_call_event", (EVENT,))
    info = info_of(dispatcher, "bad")
    assert (info.calls, info.dropped) == (4, 2)
    assert "plugin bad: mss_call_event dropped: 4 notifications wait" in caplog.text


def test_flooded_plugin_is_not_asked(world, monkeypatch, call_info, answers):
    monkeypatch.setattr(host, "QUEUE_LIMIT", 1)
    stuck = Stuck(world.release)
    dispatcher = world.dispatcher(world.manager(bad=stuck))
    dispatcher.tell("mss_call_event", (EVENT,))
    world.loop.advance(0.06)
    assert stuck.began.wait(10)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [None]


def test_slow_inline_plugin_is_named(world, caplog):
    class Slow:
        @hookimpl
        def mss_call_event(self, event):
            world.loop.now += 0.7

    dispatcher = world.dispatcher(world.manager({"slow": Slow()}))
    dispatcher.tell("mss_call_event", (EVENT,))
    assert info_of(dispatcher, "slow").slow == 1
    assert "plugin slow: mss_call_event held up all calls for 0.7 s" in caplog.text


# --- asynchronous plugins


def test_async_hook_answers(world, call_info, answers):
    router = AsyncRouter()
    dispatcher = world.dispatcher(world.manager(router=router))
    dispatcher.start(world.server)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.run_until(lambda: answers)
    assert answers == [Redirect("100")]
    assert router.heard == ["start"]


def test_async_hooks_run_side_by_side(world, call_info, answers):
    router = AsyncRouter()
    dispatcher = world.dispatcher(world.manager(router=router))
    dispatcher.start(world.server)
    waiting = type(answers)()
    dispatcher.ask("mss_route_call", (call_info._replace(dialled="wait"),), waiting)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.run_until(lambda: answers)
    assert (answers, waiting) == ([Redirect("100")], [])
    world.loop.advance(0.5)
    assert waiting == [None]
    world.close()
    assert router.heard == ["start", "cancelled", "stop"]


def test_async_hook_of_a_builtin_plugin_does_not_run_inline(world, call_info, answers):
    dispatcher = world.dispatcher(world.manager({"router": AsyncRouter()}))
    dispatcher.start(world.server)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == []
    world.loop.run_until(lambda: answers)
    assert answers == [Redirect("100")]


def test_async_hook_that_raises(world, call_info, answers):
    class Bad:
        @hookimpl
        async def mss_route_call(self, call):
            raise ValueError("broken")

    dispatcher = world.dispatcher(world.manager(bad=Bad()))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    world.loop.run_until(lambda: answers)
    assert answers == [None]
    assert "ValueError: broken" in info_of(dispatcher, "bad").last_error


def test_suspended_async_plugin_comes_back_after_the_hold_time(world, call_info, answers):
    dispatcher = world.dispatcher(world.manager(bad=AsyncRouter()))
    dispatcher.start(world.server)
    for _ in range(3):
        dispatcher.ask("mss_route_call", (call_info._replace(dialled="wait"),), answers)
        world.loop.advance(0.5)
    assert info_of(dispatcher, "bad").state == "suspended"
    world.loop.run_until(lambda: dispatcher._hosts["bad"]._outstanding == 0)
    world.loop.advance(breaker.HOLD_SECONDS)
    assert info_of(dispatcher, "bad").state == "active"


# --- start, stop, enable, disable


class BadStart(Router):
    @hookimpl
    def mss_start(self, server):
        raise ValueError("no settings")


@pytest.mark.parametrize("is_inline", [True, False])
def test_plugin_that_cannot_start_is_not_used(world, call_info, answers, caplog, is_inline):
    bad = BadStart(Redirect("200"))
    settings = PluginSettings(inline=("bad",) if is_inline else ())
    dispatcher = world.dispatcher(world.manager_with(settings, bad=bad))
    dispatcher.start(world.server)
    world.loop.run_until(lambda: info_of(dispatcher, "bad").state == "failed")
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [None]
    assert "mss_start raised ValueError: no settings" in info_of(dispatcher, "bad").reason
    assert "ValueError: no settings" in dispatcher.manager.record("bad").traceback
    assert "plugin bad is not used: mss_start raised ValueError" in caplog.text


def test_disabled_plugin_is_stopped_and_not_asked(world, call_info, answers):
    listener = Listener()
    dispatcher = world.dispatcher(world.manager(listener=listener))
    dispatcher.start(world.server)
    dispatcher.tell("mss_call_event", (EVENT,))
    thread = dispatcher._hosts["listener"]._worker._thread
    assert dispatcher.disable("listener").state == "disabled"
    dispatcher.tell("mss_call_event", (EVENT,))
    assert not dispatcher.has("mss_call_event")
    thread.join(10)
    assert listener.heard == ["start", EVENT, "stop"]


def test_enabled_plugin_is_started(world):
    listener = Listener()
    dispatcher = world.dispatcher(world.manager_with(PluginSettings(disabled=("listener",)), listener=listener))
    dispatcher.start(world.server)
    assert dispatcher.enable("listener").state == "active"
    assert dispatcher.enable("listener").state == "active"
    dispatcher.tell("mss_call_event", (EVENT,))
    world.close()
    assert listener.heard == ["start", EVENT, "stop"]


def test_question_under_way_skips_a_plugin_disabled_meanwhile(world, call_info, answers):
    second = Router(Redirect("200"))
    dispatcher = world.dispatcher(world.manager(a=Sleeper(world.release), b=second))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    dispatcher.disable("b")
    world.loop.advance(0.5)
    assert answers == [None]
    assert second.threads == []


def test_stop_does_not_wait_for_ever(world, call_info, answers, caplog):
    sleeper = Sleeper(world.release)
    dispatcher = world.dispatcher(world.manager(bad=sleeper, good=Listener()))
    dispatcher.start(world.server)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert sleeper.began.wait(10)
    stopped = type(answers)()
    dispatcher.stop(stopped)
    assert stopped == []
    world.loop.advance(0.5)
    assert len(stopped) == 1
    assert "plugin bad did not stop within 500 ms and is left behind" in caplog.text
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [None, None]


def test_stop_without_plugins_is_immediate(world, answers):
    world.dispatcher(world.manager()).stop(answers)
    assert len(answers) == 1


def test_thread_that_comes_back_after_the_loop_is_closed_ends(world, call_info, answers):
    sleeper = Sleeper(world.release)
    dispatcher = world.dispatcher(world.manager(bad=sleeper))
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert sleeper.began.wait(10)
    thread = dispatcher._hosts["bad"]._worker._thread
    dispatcher.stop(answers)
    world.loop.advance(1)
    world.loop.is_closed = True
    world.release.set()
    thread.join(10)
    assert not thread.is_alive()


def test_system_without_threads_left(world, call_info, answers, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    dispatcher = world.dispatcher(world.manager(bad=Router(Redirect("200"))))
    monkeypatch.setattr(threading.Thread, "start", refuse)
    dispatcher.ask("mss_route_call", (call_info,), answers)
    assert answers == [None]
    assert "can't start new thread" in info_of(dispatcher, "bad").last_error

# SPDX-License-Identifier: GPL-2.0-or-later
"""One plugin at run time: its thread, its time limit, its queue, and what is said of it in the log.

Everything here runs on the signalling thread and never blocks it.
"""
from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Protocol

from mss.plugin.breaker import HOLD_SECONDS, Breaker
from mss.plugin.discovery import PLUGIN_ERRORS, describe_error
from mss.plugin.log_limit import LogLimit
from mss.plugin.record import PluginRecord
from mss.plugin.step import Step
from mss.plugin.worker import Job, LoopWorker, Post, ThreadWorker, Worker

log = logging.getLogger("mss.plugin")

#: Notifications that may wait for one plugin; a further one is dropped.
QUEUE_LIMIT: Final = 10_000
#: Seconds for which notifications are gathered, so that a busy server does not wake a thread for each.
TELL_DELAY: Final = 0.05


class TimerHandle(Protocol):
    """What ``call_later`` returns."""

    def cancel(self) -> object:
        """Do not run it."""


CallLater = Callable[[float, Callable[[], None]], TimerHandle]


class Runtime:
    """What all hosts share: the way back to the signalling thread, timers, clock and limits (seconds)."""

    def __init__(
        self, post: Post, call_later: CallLater, clock: Callable[[], float], timeout: float,
        fail: Callable[[PluginRecord, str, BaseException], None],
    ) -> None:
        self.post = post
        self.call_later = call_later
        self.clock = clock
        self.timeout = timeout
        self.limit = LogLimit(clock)
        #: Takes a plugin out of use that raised in ``mss_start``.
        self.fail = fail


class _Question(Job):
    """A job somebody waits for."""

    __slots__ = ("on_answer", "timer")

    def __init__(
        self, step: Step, args: tuple[object, ...], on_done: Callable[[Job, object, BaseException | None], None],
        on_answer: Callable[[object], None],
    ) -> None:
        super().__init__(step, args, on_done)
        self.on_answer = on_answer
        self.timer: TimerHandle | None = None


class PluginHost:
    """Runs the hooks of one plugin.  ``has_async`` chooses a thread with an event loop."""

    def __init__(self, record: PluginRecord, runtime: Runtime, has_async: bool) -> None:
        self.record = record
        self.has_async = has_async
        self.is_stopped = False
        self._runtime = runtime
        self._worker: Worker | None = None
        self._breaker = Breaker()
        #: Questions given to the worker that have not come back, be it in time or late.
        self._outstanding = 0
        self._outbox: list[Job] = []
        self._flush_timer: TimerHandle | None = None
        self._watch_timer: TimerHandle | None = None
        self._ended_before = 0
        self._is_stuck = False

    # --- calling

    def run_inline(self, step: Step, args: tuple[object, ...]) -> object:
        """Call a step here and now; None where it raised or returned a wrong value."""
        record, clock = self.record, self._runtime.clock
        record.calls += 1
        began = clock()
        value: object = None
        try:
            value = step.check(step.call(args))
        except PLUGIN_ERRORS as error:
            self._report_error(step, error)
        if clock() - began > self._runtime.timeout:
            record.slow += 1
            self._complain("warning", step.hook, f"{step.hook} held up all calls for {clock() - began:.1f} s")
        return value

    def ask(self, step: Step, args: tuple[object, ...], on_answer: Callable[[object], None]) -> None:
        """Have a step called in the plugin's thread and ``on_answer`` called once, at the latest at the time-out.

        At once and with None where the plugin is suspended, stopped or flooded.
        """
        if self.is_stopped or self._breaker.is_open:
            on_answer(None)
            return
        worker = self._ready_worker(step)
        if worker is None or worker.pending >= QUEUE_LIMIT:
            on_answer(None)
            return
        self.record.calls += 1
        self._outstanding += 1
        question = _Question(step, args, self._done, on_answer)
        question.timer = self._runtime.call_later(self._runtime.timeout, lambda: self._time_out(question))
        worker.submit((question,))

    def tell(self, step: Step, args: tuple[object, ...]) -> None:
        """Have a step called some time soon, in order with the others; dropped and counted if too many wait."""
        if self.is_stopped:
            return
        waiting = len(self._outbox) + (self._worker.pending if self._worker is not None else 0)
        if waiting >= QUEUE_LIMIT:
            self.record.dropped += 1
            self._complain("error", "queue", f"{step.hook} dropped: {waiting} notifications wait for the plugin")
            return
        self.record.calls += 1
        self._outbox.append(Job(step, args))
        if self._flush_timer is None:
            self._flush_timer = self._runtime.call_later(TELL_DELAY, self.flush)

    def flush(self) -> None:
        """Hand what is to be told to the thread."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        jobs, self._outbox = self._outbox, []
        worker = self._ready_worker(jobs[0].step) if jobs else None
        if worker is None:
            return
        worker.submit(jobs)
        if self._watch_timer is None:
            self._ended_before = worker.ended
            self._watch_timer = self._runtime.call_later(self._runtime.timeout, self._watch)

    def stop(self, on_stopped: Callable[[], None]) -> None:
        """End the thread after what it was given; ``on_stopped`` follows, at once where there is no thread.

        A thread that does not come back is left behind.
        """
        self.flush()
        self.is_stopped = True
        if self._watch_timer is not None:
            self._watch_timer.cancel()
            self._watch_timer = None
        worker, self._worker = self._worker, None
        if worker is None:
            on_stopped()
        else:
            worker.stop(on_stopped)

    # --- what comes back from the thread

    def _done(self, job: Job, value: object, error: BaseException | None) -> None:
        assert isinstance(job, _Question)
        self._outstanding -= 1
        if self._breaker.is_open:
            self._try_to_resume()
        if job.is_abandoned:
            return
        if job.timer is not None:
            job.timer.cancel()
        self._breaker.answered()
        if error is not None:
            self._report_error(job.step, error)
        job.on_answer(value)

    def _failed(self, job: Job, error: BaseException) -> None:
        self._report_error(job.step, error)

    def _report_error(self, step: Step, error: BaseException) -> None:
        record = self.record
        record.errors += 1
        text = f"{step.hook} raised {describe_error(error)}"
        if step.hook == "mss_start":
            log.error("plugin %s is not used: %s", record.name, text)
            self._runtime.fail(record, text, error)
        else:
            self._complain("error", step.hook, text, error)

    # --- time limits

    def _time_out(self, question: _Question) -> None:
        worker, hook, record = self._worker, question.step.hook, self.record
        question.is_abandoned = True
        text = f"no answer to {hook} within {self._runtime.timeout * 1000:.0f} ms"
        if worker is not None:
            worker.cancel(question)
            if worker.current_hook not in ("", hook):
                text += f", it is busy with {worker.current_hook}"
        record.slow += 1
        self._complain("warning", hook, text)
        if not self.is_stopped and self._breaker.timed_out():
            record.suspend(text)
            log.error("plugin %s is suspended until it answers again: %s", record.name, text)
            self._runtime.call_later(HOLD_SECONDS, self._end_hold)
        question.on_answer(None)

    def _end_hold(self) -> None:
        self._breaker.end_hold()
        self._try_to_resume()

    def _try_to_resume(self) -> None:
        if self._breaker.try_to_close(self._outstanding) and not self.is_stopped:
            self.record.activate()
            log.warning("plugin %s is tried again", self.record.name)

    def _watch(self) -> None:
        """Look whether the thread gets on with what it was told; questions have their own time-out."""
        self._watch_timer = None
        worker = self._worker
        if worker is None or not worker.pending:
            self._is_stuck = False
            return
        ended = worker.ended
        is_stuck = ended == self._ended_before and not self._outstanding
        if is_stuck and not self._is_stuck:
            self.record.slow += 1
            self._complain(
                "warning", worker.current_hook,
                f"{worker.current_hook} takes longer than {self._runtime.timeout * 1000:.0f} ms, "
                f"{worker.pending} notifications wait",
            )
        self._is_stuck, self._ended_before = is_stuck, ended
        self._watch_timer = self._runtime.call_later(self._runtime.timeout, self._watch)

    # --- helpers

    def _ready_worker(self, step: Step) -> Worker | None:
        """The plugin's thread, started on first use; None where it cannot be."""
        if self._worker is None:
            kind = LoopWorker if self.has_async else ThreadWorker
            worker = kind(self.record.name, self._runtime.post, self._failed)
            try:
                worker.start()
            except RuntimeError as error:
                self._report_error(step, error)
                return None
            self._worker = worker
        return self._worker

    def _complain(self, level: str, key: str, text: str, error: BaseException | None = None) -> None:
        """One log line and the traceback for those who debug; the same fault at most every ten seconds."""
        self.record.last_error = text
        more = self._runtime.limit.admit(f"{self.record.name} {level} {key}")
        if more is None:
            return
        log.log(logging.ERROR if level == "error" else logging.WARNING, "plugin %s: %s%s", self.record.name, text, more)
        if error is not None:
            log.debug("plugin %s", self.record.name, exc_info=error)

# SPDX-License-Identifier: GPL-2.0-or-later
"""The thread in which one plugin runs, so that only the plugin itself waits for it.

A thread cannot be killed.  A plugin that never returns keeps its thread; it is a daemon, so it does
not keep the process.
"""
from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Final

from mss.plugin.step import Step

#: Runs a function with its arguments on the signalling thread; ``RuntimeError`` once its loop is closed.
Post = Callable[..., object]
#: Hooks during which no other hook of the same plugin runs.
RUN_ALONE: Final = ("mss_start", "mss_stop")


class Job:
    """One call of one implementation, handed to a worker.

    ``on_done(job, value, error)`` is posted to the signalling thread when it has ended, or was
    skipped because nobody waits for it any more; with ``on_done`` None only an error is reported.
    """

    __slots__ = ("step", "args", "on_done", "is_abandoned", "task")

    def __init__(
        self, step: Step, args: tuple[object, ...],
        on_done: Callable[[Job, object, BaseException | None], None] | None = None,
    ) -> None:
        self.step = step
        self.args = args
        self.on_done = on_done
        #: Set by the signalling thread, read by the worker.
        self.is_abandoned = False
        #: The running coroutine; touched by the worker only.
        self.task: asyncio.Task[tuple[object, BaseException | None]] | None = None


class Worker:
    """A daemon thread with a queue of jobs: one after the other, in order."""

    def __init__(self, name: str, post: Post, on_error: Callable[[Job, BaseException], None]) -> None:
        self._post_to_loop = post
        self._on_error = on_error
        #: Jobs given to the worker (written by the signalling thread) and ended (written by the worker).
        self.given = 0
        self.ended = 0
        #: What it is at, for the log.
        self.current_hook = ""
        self._thread = threading.Thread(target=self._run, name=f"mss-plugin-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread; raises ``RuntimeError`` where the system has none left."""
        self._thread.start()

    @property
    def pending(self) -> int:
        """Jobs given and not ended."""
        return self.given - self.ended

    def submit(self, jobs: Sequence[Job]) -> None:
        """Run these jobs; never blocks."""
        raise NotImplementedError

    def cancel(self, job: Job) -> None:
        """Nobody waits for this job any more."""
        job.is_abandoned = True

    def stop(self, on_stopped: Callable[[], None]) -> None:
        """End the thread after all that was submitted; ``on_stopped`` is posted when it has ended."""
        raise NotImplementedError

    def _run(self) -> None:
        raise NotImplementedError

    def _call(self, job: Job) -> None:
        """Run a plain function.  Whatever it raises ends here, or the thread would end silently."""
        value: object = None
        failure: BaseException | None = None
        self.current_hook = job.step.hook
        if not job.is_abandoned:
            try:
                value = job.step.check(job.step.call(job.args))
            except BaseException as error:
                failure = error
        self._finish(job, value, failure)

    def _finish(self, job: Job, value: object, failure: BaseException | None) -> None:
        self.ended += 1
        if job.on_done is not None:
            self._post(job.on_done, job, value, failure)
        elif failure is not None:
            self._post(self._on_error, job, failure)

    def _post(self, function: Callable[..., None], *args: object) -> None:
        try:
            self._post_to_loop(function, *args)
        except RuntimeError:
            # The server's loop is closed: it went without us, and nobody is left to tell.
            self.current_hook = ""


class ThreadWorker(Worker):
    """For plugins of plain functions."""

    def __init__(self, name: str, post: Post, on_error: Callable[[Job, BaseException], None]) -> None:
        super().__init__(name, post, on_error)
        self._inbox: SimpleQueue[Sequence[Job] | Callable[[], None]] = SimpleQueue()

    def submit(self, jobs: Sequence[Job]) -> None:
        """See :class:`Worker`."""
        self.given += len(jobs)
        self._inbox.put(jobs)

    def stop(self, on_stopped: Callable[[], None]) -> None:
        """See :class:`Worker`."""
        self._inbox.put(on_stopped)

    def _run(self) -> None:
        while True:
            batch = self._inbox.get()
            if callable(batch):
                self._post(batch)
                return
            for job in batch:
                self._call(job)


class LoopWorker(Worker):
    """For plugins with an ``async def`` hook: the thread runs an event loop of the plugin's own.

    Coroutines run side by side; one that nobody waits for any more is cancelled.  Start and stop run
    alone: what came before them ends first, what came after them waits.
    """

    def __init__(self, name: str, post: Post, on_error: Callable[[Job, BaseException], None]) -> None:
        super().__init__(name, post, on_error)
        self._loop = asyncio.new_event_loop()
        self._waiting: deque[Job] = deque()
        self._tasks: set[asyncio.Task[tuple[object, BaseException | None]]] = set()
        self._is_alone = False
        self._on_stopped: Callable[[], None] | None = None

    def submit(self, jobs: Sequence[Job]) -> None:
        """See :class:`Worker`."""
        self.given += len(jobs)
        self._loop.call_soon_threadsafe(self._take, jobs)

    def cancel(self, job: Job) -> None:
        """See :class:`Worker`."""
        job.is_abandoned = True
        self._loop.call_soon_threadsafe(self._cancel_task, job)

    def stop(self, on_stopped: Callable[[], None]) -> None:
        """See :class:`Worker`."""
        self._loop.call_soon_threadsafe(self._begin_stop, on_stopped)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _take(self, jobs: Sequence[Job]) -> None:
        self._waiting.extend(jobs)
        self._start_jobs()

    def _start_jobs(self) -> None:
        while self._waiting and not self._is_alone:
            job = self._waiting[0]
            runs_alone = job.step.hook in RUN_ALONE
            if runs_alone and self._tasks:
                return
            self._waiting.popleft()
            if not job.step.is_async or job.is_abandoned:
                self._call(job)
                continue
            self._is_alone = runs_alone
            job.task = self._loop.create_task(self._await(job))
            self._tasks.add(job.task)
            job.task.add_done_callback(partial(self._end_task, job))
        if self._on_stopped is not None and not self._waiting and not self._tasks:
            self._loop.create_task(self._end(self._on_stopped))
            self._on_stopped = None

    async def _await(self, job: Job) -> tuple[object, BaseException | None]:
        self.current_hook = job.step.hook
        try:
            return job.step.check(await job.step.call(job.args)), None
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return None, error

    def _end_task(self, job: Job, task: asyncio.Task[tuple[object, BaseException | None]]) -> None:
        self._tasks.discard(task)
        self._is_alone = False
        # A task cancelled before its first step never ran `_await`.
        value, failure = (None, asyncio.CancelledError()) if task.cancelled() else task.result()
        self._finish(job, value, failure)
        self._start_jobs()

    def _cancel_task(self, job: Job) -> None:
        if job.task is not None:
            job.task.cancel()

    def _begin_stop(self, on_stopped: Callable[[], None]) -> None:
        self._on_stopped = on_stopped
        self._start_jobs()

    async def _end(self, on_stopped: Callable[[], None]) -> None:
        """Cancel what the plugin itself left running, then leave the loop."""
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        self._post(on_stopped)
        self._loop.stop()

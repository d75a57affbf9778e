# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the search of RFC 3263 over a cache of DNS answers; only what is not cached waits for the network."""
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import NamedTuple

from mss.sip.uri import SipUri
from mss.transport.candidates import Candidate, Question, Records, Search, find_candidates
from mss.transport.hosts_file import HostsFile
from mss.transport.log import LimitedLog

_MAX_CACHED = 8192
#: Bounds for the lifetimes that servers give, seconds.
_MIN_SECONDS = 5.0
_MAX_SECONDS = 3600.0
#: How long the failure of the DNS itself is remembered, so that not each call waits for it.
_FAILURE_SECONDS = 10.0


class Answer(NamedTuple):
    """Records of one question, possibly none, and for how many seconds they hold."""

    records: Records
    seconds: float


class LookupFailed(Exception):
    """The DNS gave no answer, neither a positive nor a negative one."""


class Resolver:
    """Finds candidates for URIs.

    ``lookup(question)`` asks the DNS and raises LookupFailed; ``random()`` in [0, 1) is for SRV weights.
    """

    def __init__(
        self,
        lookup: Callable[[Question], Awaitable[Answer]],
        *,
        hosts: HostsFile,
        random: Callable[[], float],
        loop: asyncio.AbstractEventLoop,
        log: LimitedLog,
    ) -> None:
        self._lookup = lookup
        self._hosts = hosts
        self._random = random
        self._loop = loop
        self._log = log
        #: question -> (records, time until which they hold)
        self._cache: dict[Question, tuple[Records, float]] = {}
        self._asked: dict[Question, asyncio.Task[Records]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, uri: SipUri, on_found: Callable[[list[Candidate]], None], *, large: bool = False) -> None:
        """Call ``on_found`` with the candidates: before returning when no question is open, later otherwise."""
        search = find_candidates(uri, large=large, random=self._random)
        try:
            questions = next(search)
            while True:
                known = [self._known(question) for question in questions]
                answers = [records for records in known if records is not None]
                if len(answers) < len(known):
                    break
                questions = search.send(answers)
        except StopIteration as stop:
            on_found(stop.value)
            return
        task = self._loop.create_task(self._finish(search, questions, on_found))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Drop all searches; their callers are not told."""
        tasks = [*self._tasks, *self._asked.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _finish(
        self, search: Search, questions: list[Question], on_found: Callable[[list[Candidate]], None]
    ) -> None:
        try:
            while True:
                answers = await asyncio.gather(*(self._answer(question) for question in questions))
                questions = search.send(list(answers))
        except StopIteration as stop:
            found = stop.value
        on_found(found)

    async def _answer(self, question: Question) -> Records:
        known = self._known(question)
        if known is not None:
            return known
        # Many calls to one domain at once ask once.
        task = self._asked.get(question)
        if task is None:
            task = self._asked[question] = self._loop.create_task(self._ask(question))
        return await asyncio.shield(task)

    def _known(self, question: Question) -> Records | None:
        """The answer that needs no network, None when there is none."""
        if question.kind in ("A", "AAAA"):
            listed = self._hosts.addresses(question.name, want_ipv6=question.kind == "AAAA")
            if listed is not None:
                return listed
        cached = self._cache.get(question)
        return cached[0] if cached is not None and cached[1] > self._loop.time() else None

    async def _ask(self, question: Question) -> Records:
        try:
            records, seconds = await self._lookup(question)
            seconds = min(max(seconds, _MIN_SECONDS), _MAX_SECONDS)
        except LookupFailed as error:
            # An outdated answer is worth more than none while the DNS is down.
            outdated = self._cache.get(question)
            records, seconds = outdated[0] if outdated is not None else (), _FAILURE_SECONDS
            self._log.warn("dns", "%s of %s cannot be looked up: %s", question.kind, question.name, error)
        finally:
            del self._asked[question]
        if len(self._cache) >= _MAX_CACHED:
            for oldest in list(islice(self._cache, _MAX_CACHED // 4)):
                del self._cache[oldest]
        self._cache.pop(question, None)
        self._cache[question] = (records, self._loop.time() + seconds)
        return records

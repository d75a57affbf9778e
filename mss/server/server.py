# SPDX-License-Identifier: GPL-2.0-or-later
"""One running call server: its parts, their start and their stop."""
from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import AsyncExitStack
from importlib.metadata import version

from mss.call.call import CallSettings
from mss.call.routing import RouteLimits
from mss.config.paths import Paths
from mss.config.reload import Reloaded, reload
from mss.config.settings import Settings
from mss.media.gateway import MediaGateway
from mss.model.call_record import CallRecord
from mss.plugin.collect import collect
from mss.plugin.dispatch import Dispatcher
from mss.plugin.manager import build_plugin_manager
from mss.plugin.types import ServerInfo
from mss.registrar.location import LocationService
from mss.registrar.registrar import Registrar
from mss.server.call_runner import CallRunner
from mss.server.clock import Clock
from mss.server.control import ControlServer
from mss.server.control_commands import build_handlers, build_streams
from mss.server.core import SignallingCore
from mss.server.flow_finder import FlowFinder
from mss.server.live_data import LiveData
from mss.server.media_link import MediaLink
from mss.server.notify import Watchdog, build_notifier, watchdog_interval
from mss.server.persister import Persister
from mss.server.plugin_settings import with_disabled
from mss.server.queries import Queries
from mss.server.services import Services
from mss.server.tracer import IN, OUT, Tracer
from mss.sip.dialog.service import DialogSettings
from mss.sip.digest import Authenticator
from mss.sip.endpoint import Endpoint
from mss.sip.errors import FramingError
from mss.sip.flow import Flow
from mss.sip.timers import TICK_SECONDS, TimerValues
from mss.store.journal import Journal
from mss.store.replay import replay
from mss.store.store import Store
from mss.store.writer import Writer
from mss.transport.manager import TransportManager
from mss.transport.settings import transport_settings

log = logging.getLogger("mss.server")

#: After a stop, subscribers are told to try again so many seconds later.
_RESTART_SECONDS = 5


class Server:
    """Built from settings, started and stopped by ``mss.server.build``.

    Raises StoreError, TransportError or UnusableSocket from ``start``.
    """

    def __init__(self, paths: Paths, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self.paths = paths
        self.settings = settings
        self.loop = loop
        self.clock = Clock()
        self.started_at = self.clock.wall()
        self.notifier = build_notifier()
        self.watchdog = Watchdog(watchdog_interval(), self.notifier)
        self.tracer = Tracer(self.clock.wall_offset, self._switch_trace)
        self.location = LocationService()
        self.transports = TransportManager(
            transport_settings(settings), self._receive, loop=loop, on_flow_closed=self._lose_flow, on_batch_end=None,
            log=logging.getLogger("mss.transport"), on_framing_error=self._break_stream)
        self.finder = FlowFinder(self.transports)
        self.core = SignallingCore(self.finder)
        self.endpoint = Endpoint(self.core, self._dialog_settings(settings), TimerValues(settings.sip.t1), os.urandom,
                                 self.clock.now())
        self._now = self.clock.now
        self._tick_handle: asyncio.TimerHandle | None = None
        self._second = 0.0
        self._save_at = 0.0
        self._is_started = False
        #: What has to be closed, in reverse order of how it was opened.
        self._opened = AsyncExitStack()

    def _dialog_settings(self, settings: Settings) -> DialogSettings:
        sip = settings.sip
        return DialogSettings(sip.server_header, sip.session_expires, sip.min_se, sip.probe_seconds)

    # ---- start -------------------------------------------------------------
    async def start(self) -> None:
        """Open the store, restore what was running, then the listeners and the control socket."""
        settings = self.settings
        self.store = Store.open(settings.database_url)
        self._opened.callback(self.store.close)
        self.store.migrate()
        self.journal = Journal(self.paths.journal_dir)
        self._opened.callback(self.journal.close)
        found = replay(self.journal, self.store, self.clock.wall())
        if found.ended or found.interrupted or found.damaged:
            log.warning("the last run ended without notice: %d call records restored, %d calls cut off, %d lines "
                        "unreadable", *found)
        self.writer = Writer(self.store, self.journal)
        plugins = with_disabled(settings.plugins, self.store.plugins.list())
        self.dispatcher = Dispatcher(build_plugin_manager(plugins), self.loop.call_soon_threadsafe,
                                     self.loop.call_later)
        self.live = LiveData(self.location, self._route_limits(settings))
        self.live.load(self.store.load_users())
        self.persister = Persister(self.location, self.writer, self.clock)
        self.services = self._build_services(settings)
        self.runner = CallRunner(self.services, CallSettings(settings.call.max_hops, settings.call.send_181))
        self.runner.max_calls = settings.call.max_calls
        self.registrar = Registrar(settings.registrar, self.location)
        self.core.connect(self.services, self.runner, self._build_authenticator(settings), self.registrar,
                          settings.sip.options_ping_seconds)
        await self.transports.start()
        self._restore_bindings()
        self.writer.start()
        self._opened.push_async_callback(asyncio.to_thread, self.writer.close)
        self._opened.push_async_callback(self.transports.stop)
        self._open_media_gateway()
        self._opened.callback(self.services.media.close)
        self.dispatcher.start(ServerInfo(version("mss"), self.paths.config_dir, self.paths.data_dir))
        self._opened.push_async_callback(self._stop_work)
        self.control = ControlServer(self.paths.socket, build_handlers(Queries(self)), build_streams(Queries(self)))
        await self.control.start()
        self._opened.push_async_callback(self.control.stop)
        self._is_started = True
        self._tick()
        listeners = ", ".join(str(listener) for listener in self.transports.listeners)
        self.notifier.ready(f"{len(self.live.users)} users; listening on {listeners}")
        log.info("ready: %d users, %d devices; listening on %s", len(self.live.users), self.location.counts()[1],
                 listeners)

    def _route_limits(self, settings: Settings) -> RouteLimits:
        call = settings.call
        return RouteLimits(call.no_answer_seconds, call.max_call_seconds, call.max_hops, call.media)

    def _build_authenticator(self, settings: Settings) -> Authenticator:
        sip = settings.sip
        return Authenticator(sip.realm, os.urandom(32), sip.digest_algorithms, sip.nonce_seconds)

    def _build_services(self, settings: Settings) -> Services:
        media = MediaLink(self.endpoint.context.wheel, self.loop.call_soon_threadsafe)
        name = settings.sip.server_header
        return Services(
            clock=self.clock, endpoint=self.endpoint, finder=self.finder, live=self.live, dispatcher=self.dispatcher,
            media=media, tracer=self.tracer, open_record=self.persister.open_record, write_record=self._write_record,
            udp_switch_bytes=settings.sip.udp_switch_bytes,
            user_agent_line=f"User-Agent: {name}\r\n" if name else "",
            domain=settings.sip.domains[0] if settings.sip.domains else "")

    def _write_record(self, record: CallRecord) -> None:
        self.persister.write_record(record)
        if record.answered_at:
            self.runner.answered += 1
        else:
            self.runner.failed += 1
        if self.dispatcher.has("mss_call_record"):
            self.dispatcher.tell("mss_call_record", (record,))

    def _restore_bindings(self) -> None:
        """Registrations of the run before: phones are called without registering again."""
        self.location.restore(self.store.load_bindings(), self.clock.wall_offset, self._now())
        for binding in list(self.location.all_bindings()):
            if binding.aor in self.live.users:
                self.finder.restore(binding)
            else:
                self.location.remove_all(binding.aor)

    def _open_media_gateway(self) -> None:
        media = self.services.media
        for name, factory in collect(self.dispatcher.manager, "mss_media_gateway", (self.settings,)):
            if callable(factory):
                gateway = factory(media.post)
                if isinstance(gateway, MediaGateway):
                    media.gateway = gateway
                    log.info("media gateway: %s", name)
                    return
        if self.settings.call.media == "anchored":
            log.warning("[call] media is \"anchored\" but no plugin provides a media gateway: media stays direct")

    # ---- work ----------------------------------------------------------------
    def _receive(self, data: bytes, flow: Flow) -> None:
        now = self._now()
        if self.tracer.active:
            self.tracer.record(IN, data, flow, now)
        try:
            self.endpoint.receive(data, flow, now)
        except Exception:
            # Our own mistake: one message is lost, the server goes on.
            log.exception("%s: a message could not be handled", flow.key)

    def _switch_trace(self, active: bool) -> None:
        self.transports.tap.show = self._trace_sent if active else None

    def _trace_sent(self, data: bytes, flow: Flow) -> None:
        self.tracer.record(OUT, data, flow, self._now())

    def _lose_flow(self, flow: Flow) -> None:
        if self._is_started:
            self.endpoint.lose_flow(flow)

    def _break_stream(self, error: FramingError, flow: Flow) -> None:
        self.endpoint.refuse_framing(error, flow, self._now())

    def _tick(self) -> None:
        now = self._now()
        self._tick_handle = self.loop.call_later(TICK_SECONDS, self._tick)
        try:
            self.endpoint.tick(now)
            if now >= self._save_at:
                self._save_at = now + 0.2
                self.persister.flush(now)
            if now >= self._second:
                self._second = now + 1.0
                self._work(now)
        except Exception:
            log.exception("a timer could not be handled")
        self.watchdog.beat(now)

    def _work(self, now: float) -> None:
        self.core.work(now)
        self.transports.check_certificates()
        step = self.clock.follow()
        if step:
            log.warning("the machine's clock was set by %.1f s", step)

    # ---- changes while running --------------------------------------------------
    def reload_soon(self) -> None:
        """SIGHUP: as ``mss reload``."""
        self.notifier.reloading()
        done = self.apply_settings()
        for error in done.errors:
            log.error("not reloaded: %s", error)
        self.notifier.ready()

    def apply_settings(self) -> Reloaded:
        """Read all settings again; mistakes leave the old ones in force, calls are never touched."""
        done = reload(self.settings, self.paths)
        if done.errors:
            return done
        settings = self.settings = done.settings
        self.live.limits = self._route_limits(settings)
        self.runner.settings = CallSettings(settings.call.max_hops, settings.call.send_181)
        self.runner.max_calls = settings.call.max_calls
        self.registrar.configure(settings.registrar)
        self.endpoint.settings = self._dialog_settings(settings)
        self.core.pinger.interval = settings.sip.options_ping_seconds
        changed = {change.key for change in done.changes}
        if changed & {"sip.realm", "sip.nonce_seconds", "sip.digest_algorithms"}:
            self.core.admission.replace_authenticator(self._build_authenticator(settings))
        self.dispatcher.set_timeout(settings.plugins.timeout_ms)
        self.services.udp_switch_bytes = settings.sip.udp_switch_bytes
        self.services.domain = settings.sip.domains[0] if settings.sip.domains else ""
        logging.getLogger().setLevel(settings.log.level.upper())
        log.info("settings read again: %s", ", ".join(sorted(changed)) or "no change")
        return done

    # ---- stop ------------------------------------------------------------------
    async def stop(self) -> None:
        """End in reverse order; records and registrations are written, calls in progress get a record."""
        self.notifier.stopping()
        if self._tick_handle is not None:
            self._tick_handle.cancel()
        await self._opened.aclose()
        log.info("stopped after %.0f s", time.time() - self.started_at)

    async def _stop_work(self) -> None:
        self.runner.end_all("server stopped")
        self.core.subscriptions.end_all(f"probation;retry-after={_RESTART_SECONDS}")
        self.persister.flush(float("inf"))
        stopped = asyncio.Event()
        self.dispatcher.stop(stopped.set)
        await stopped.wait()

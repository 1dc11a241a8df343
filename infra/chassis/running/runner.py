"""Starting and stopping a process: waits for what is not there yet, stops once and in order, always ends.

Exit codes: 0 an orderly stop; 70 (EX_SOFTWARE) a service died; 75 (EX_TEMPFAIL) the stop took longer than the
grace period; 78 (EX_CONFIG) a setting is missing or cannot be used.
"""

from __future__ import annotations

import contextlib
import gc
import signal
import threading
import time
from collections.abc import Callable
from types import ModuleType

from infra.chassis import crash_points, logs
from infra.chassis.json_types import Json
from infra.chassis.messaging.publishing import size_pools
from infra.chassis.messaging.transport import Connection
from infra.chassis.running.followers import Follower
from infra.chassis.running.health import Health, serve_plain
from infra.chassis.running.operations import database_checks, serve_green
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.database import WORKERS, Database
from infra.chassis.storage.leases import end_abandoned_transactions
from infra.chassis.storage.revisions import at_head
from infra.chassis.storage.server_sessions import require_session

DIED, TOO_SLOW = 70, 75
MAX_WORKERS = WORKERS


def workers_of(settings: Settings) -> int:
    """How many calls and events a service works on at once."""
    workers = int(settings.number("MAX_WORKERS", MAX_WORKERS))
    if workers < 1:
        raise SettingMissing("MAX_WORKERS", f"{workers} workers do nothing")
    return workers


def container_config(settings: Settings) -> Json:
    """Nameko's configuration of a service container; databases opened from now on have room for its workers."""
    Database.size_pools(workers_of(settings))
    return {
        "AMQP_URI": settings.amqp_uri,
        "max_workers": workers_of(settings),
        "HEARTBEAT": int(settings.number("AMQP_HEARTBEAT", 30)),
        "TRANSPORT_OPTIONS": {"max_retries": 3, "interval_start": 0.5, "interval_step": 1, "interval_max": 5},
        "settings": settings,
    }


def wait_until(what: str, ready: Callable[[], bool], patience: float) -> None:
    """Wait for something another process provides; give up by name after ``patience`` seconds."""
    log, until, logged = logs.get(), time.monotonic() + patience, False
    while True:
        try:
            if ready():
                return
            reason = "not yet"
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:200]
        if time.monotonic() > until:
            log.error("wait_timed_out", waiting_for=what, reason=reason)
            raise SystemExit(TOO_SLOW)
        if not logged:
            log.info("waiting", waiting_for=what, reason=reason)
            logged = True
        time.sleep(0.5)


def wait_for_surroundings(settings: Settings, services: list[str]) -> None:
    """Broker there, databases there and migrated."""
    patience = settings.number("START_PATIENCE", 120)
    wait_until("broker", lambda: broker_answers(settings), patience)
    for service in services:
        wait_until(f"{service} migrations", lambda name=service: _usable(settings, name), patience)  # type: ignore[misc]


def _usable(settings: Settings, service: str) -> bool:
    return require_session(f"{service.upper()}_DATABASE_URL", settings.database_url(service)) and at_head(
        settings, service
    )


def broker_answers(settings: Settings) -> bool:
    with Connection(settings.amqp_uri, connect_timeout=3) as connection:
        connection.connect()
        return bool(connection.connected)


class Stopping:
    """One orderly stop whatever the number of signals, and a watchdog that ends a stop which does not end."""

    def __init__(self, stop: Callable[[], None], grace: float, spawn: Callable[[Callable[[], None]], object]) -> None:
        self._stop, self._grace, self._spawn = stop, grace, spawn
        self._stop_requested = False

    def install(self) -> None:
        signal.signal(signal.SIGTERM, self.ask)
        signal.signal(signal.SIGINT, self.ask)

    def ask(self, *_signal: object) -> None:
        if self._stop_requested:
            return
        self._stop_requested = True
        self._watch()
        self._spawn(self._stop)

    def _watch(self) -> None:
        # A real thread and a pipe-free sleep: the hub may be the very thing that is stuck.
        real_threading = _unpatched("threading")
        real_time, real_os = _unpatched("time"), _unpatched("os")

        def end() -> None:
            real_time.sleep(self._grace)
            with contextlib.suppress(OSError):  # nobody may read the log any more; that is no reason to stay
                real_os.set_blocking(2, False)
                real_os.write(2, b'{"event": "stop_took_too_long", "level": "error"}\n')
            real_os._exit(TOO_SLOW)

        real_threading.Thread(target=end, daemon=True).start()


def _unpatched(module: str) -> ModuleType:
    try:
        from eventlet.patcher import is_monkey_patched, original
    except ImportError:
        return __import__(module)
    return original(module) if is_monkey_patched("thread") else __import__(module)


def serve_doors(settings: Settings, services: list[str]) -> int:
    """Run services as doors until TERM. The process must have been monkey-patched before anything was imported."""
    import eventlet
    from eventlet.event import Event
    from nameko.runners import ServiceRunner

    from infra.chassis.messaging.envelopes import plain_json_only, refuse_compression
    from infra.chassis.running.hub_watchdog import HubWatch
    from infra.chassis.running.loader import service_class

    refuse_compression()

    plain_json_only()
    size_pools(workers_of(settings))
    crash_points.arm(settings)
    wait_for_surroundings(settings, services)
    runner, health, hub = ServiceRunner(container_config(settings)), Health(), HubWatch()
    for name in services:
        runner.add_service(service_class(name))
        end_abandoned_transactions(Database.at(settings.database_url(name)))
        health.ready.update(database_checks(settings, name))
    health.alive["hub"] = hub.check
    health.ready["broker"] = lambda: _must(broker_answers(settings), "broker does not answer")
    started = Event()

    def stop() -> None:
        started.wait()  # what is half started cannot be stopped in order
        runner.stop()

    Stopping(stop, settings.number("GRACE", 25), eventlet.spawn).install()
    hub.start()
    runner.start()
    started.send()
    serve_green(health, settings)
    gc.freeze()  # what stays for ever is not looked through again and again; to look for garbage first takes 60 ms
    logs.get().info("started", services=services)
    try:
        runner.wait()
    except Exception as error:
        logs.get().error("service_died", error=f"{type(error).__name__}: {error}", exc_info=True)
        return DIED
    logs.get().info("stopped", services=services)
    return 0


def _must(truth: bool, otherwise: str) -> None:
    if not truth:
        raise RuntimeError(otherwise)


def serve_followers(settings: Settings, services: list[str]) -> int:
    """Run the followers of services until TERM, as a plain process (one thread each)."""
    crash_points.arm(settings)
    wait_for_surroundings(settings, services)
    followers = [Follower(settings, name) for name in services]
    health = Health()
    for follower in followers:
        health.alive[f"{follower.service} follower"] = lambda follower=follower: _must(
            time.monotonic() - follower.last_step_at < 120, "no round for 120 s"
        )  # type: ignore[misc]
        health.ready.update(database_checks(settings, follower.service))
        health.ready[f"{follower.service} lead"] = follower.lease.check_steady
    threads = [
        threading.Thread(target=follower.run, name=f"{follower.service} follower", daemon=True)
        for follower in followers
    ]

    def stop() -> None:
        for follower in followers:
            follower.stop()

    Stopping(stop, settings.number("GRACE", 25), lambda work: work()).install()
    for thread in threads:
        thread.start()
    serve_plain(health, settings)
    logs.get().info("started", followers=services)
    for thread in threads:
        while thread.is_alive():
            thread.join(0.5)
    logs.get().info("stopped", followers=services)
    return 0

"""``portal start``: the whole platform on the embedded default, its sample people, the front door before it, a sandbox
payment gateway to pay at, and a sandbox e-ID to sign in with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Protocol

import typer

from infra.chassis.json_types import Json
from infra.chassis.running.runner import Stopping
from infra.chassis.running.sockets import held_port
from infra.chassis.settings import FRONT_DOOR, SettingMissing, Settings
from infra.cli.connection import Portal, first_operator
from infra.cli.sandbox_eid import eid_provider
from infra.cli.sandbox_gateway import payment_gateway
from infra.cli.seed import overview, seed

STOPPED_BY_ITSELF = 70


def start(settings: Settings, *, port: int, as_json: bool) -> int:
    """Until TERM or Ctrl-C; the exit code of the process."""
    import eventlet
    from eventlet.event import Event

    from infra.embedded.call_socket import CallSocket
    from infra.embedded.platform import Platform

    if not settings.embedded:
        raise SettingMissing("PORTAL_HOME", "portal start runs on the embedded default; unset AMQP_URI and databases")
    holder = None if port else held_port()  # it is in the issuer's name, before anybody listens there
    port = holder.getsockname()[1] if holder else port
    address = front_door_address(settings, port)
    settings = Settings({"OPENID_ISSUER": address, **settings.env})  # of single sign-on, unless another is given
    ended = Event()

    def end(code: int) -> None:
        if not ended.ready():
            ended.send(code)

    Stopping(lambda: end(0), settings.number("GRACE", 25), eventlet.spawn).install()
    with (
        payment_gateway(settings, address) as paying,
        eid_provider(paying, address) as complete,
        Platform(complete) as platform,
    ):
        first_operator(settings)
        calls = CallSocket(settings)
        calls.start()
        people = _unless_ended(ended, eventlet.spawn(_people, settings))
        if people is None:
            calls.stop()
            return int(ended.wait())
        door = _front_door(Settings({**settings.env, "EID_ISSUER": complete.get("EID_ISSUER", "")}), port)
        try:
            line = door.stdout.readline() if door.stdout else ""
            if not line:
                return int(door.wait() or STOPPED_BY_ITSELF)
            _announce({**json.loads(line), "operations_port": platform.operations_port, "people": people}, as_json)
            eventlet.spawn(lambda: end(door.wait() or STOPPED_BY_ITSELF))
            return int(ended.wait())
        finally:
            if holder:
                holder.close()
            _end(door)
            calls.stop()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)


def front_door_address(settings: Settings, port: int) -> str:
    scheme = "https" if settings.get("TLS_CERTIFICATE_FILE") else "http"
    return f"{scheme}://127.0.0.1:{port}"


class GreenEvent(Protocol):
    """Eventlet's, which has no types."""

    def wait(self) -> object: ...


class GreenThread(Protocol):
    """Eventlet's, at work on what is asked of it."""

    def wait(self) -> Json: ...
    def kill(self) -> None: ...


def _unless_ended(ended: GreenEvent, seeding: GreenThread) -> Json | None:
    """What was seeded; None when the process is to end meanwhile. The next start completes what is there in part."""
    import eventlet
    from eventlet.support.greenlets import GreenletExit

    def give_up() -> None:
        ended.wait()
        seeding.kill()

    waiting = eventlet.spawn(give_up)
    try:
        return seeding.wait()
    except GreenletExit:
        return None
    finally:
        waiting.kill()


def _people(settings: Settings) -> Json:
    portal = Portal(settings)
    try:
        return overview(seed(settings, portal))
    finally:
        portal.close()


def _front_door(settings: Settings, port: int) -> subprocess.Popen[str]:
    """The front door as a process of its own, in a group of its own: Ctrl-C reaches it through us, in order."""
    command = [sys.executable, "-W", "ignore", "-m", "infra.cli.main", "run", FRONT_DOOR]
    env = {
        **os.environ,
        **settings.env,
        "PORTAL_HOME": str(settings.home),
        "FRONT_DOOR_PORT": str(port),
        "OPERATIONS_PORT": settings.get("FRONT_DOOR_OPERATIONS_PORT", "0"),
    }
    return subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True
    )


def _end(door: subprocess.Popen[str]) -> None:
    door.terminate()
    try:
        door.wait(20)
    except subprocess.TimeoutExpired:
        door.kill()
        door.wait()


def _announce(facts: Json, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        typer.echo(f"Cổng dịch vụ công · Public service portal: {facts['url']}\n")
        typer.echo(f"Mở trong trình duyệt · Open in a browser: {facts['url']}/vi · {facts['url']}/en")
        typer.echo("Nộp lệ phí ở cổng thanh toán thử nghiệm · Fees are paid at a sandbox gateway: no money moves")
        typer.echo("Đăng nhập bằng định danh điện tử thử nghiệm · Or sign in with a sandbox e-ID: click on a person\n")
        typer.echo("Ai đăng nhập được · Who can sign in (POST /sessions):")
        for number, citizen in enumerate(facts["people"]["citizens"], 1):
            typer.echo(f"  citizen {number:<11} {citizen['username']}  {citizen['password']}")
        for role, person in facts["people"]["officials"].items():
            typer.echo(f"  {role:<19} {person['username']}  {person['password']}")
        typer.echo("\nCtrl-C dừng · stops it.")
    sys.stdout.flush()

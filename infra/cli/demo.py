"""``portal demo``: the journey on the embedded default, narrated. Exit 0 only if every step's outcome held."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rich.console import Console

from infra.chassis.json_types import Json
from infra.chassis.running.loader import tool
from infra.chassis.settings import Settings
from infra.cli.connection import Portal, portal_session
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import JourneyFailed, Step, require
from infra.cli.journey.run import run_journey
from infra.cli.seed import seed

PARTS = [
    "Danh mục và địa giới / Catalogue and places",
    "Con người / People",
    "Nộp hồ sơ / Filing",
    "Thanh toán / Payment",
    "Cơ quan giải quyết / The office",
    "Thông báo / Messages",
    "Kiểm tra / Audit",
]
REAL, TAMPERED = "Dữ liệu thật / Real records", "Giả mạo / Tampering"


class Narrator:
    """Says each step as it ends: for people with rich, for machines as JSON lines."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
        self.part = 0
        self.parts = list(PARTS)
        self.steps: list[Step] = []

    def narrate(self, step: Step) -> None:
        self.steps.append(step)
        if self.as_json:
            print(
                json.dumps(
                    {
                        "step": step.number,
                        "part": step.part,
                        "service": step.service,
                        "title": step.title,
                        "ms": round(step.milliseconds, 1),
                        "held": True,
                        "facts": step.facts,
                    },
                    ensure_ascii=False,
                ),
                flush=True,
            )
            return
        if step.part != self.part:
            self.part = step.part
            self.console.print(f"\n[bold cyan]{step.part}. {self.parts[step.part - 1]}[/]")
        self.console.print(f"  [green]✓[/] [dim]{step.service:13}[/] {step.title} [dim]{step.milliseconds:.0f} ms[/]")
        for name, value in step.facts.items():
            self._fact(name, value)

    def _fact(self, name: str, value: object) -> None:
        if isinstance(value, list) and len(value) > 4:
            for item in value:
                self.console.print(f"      [dim]{name}[/] {item}")
        else:
            self.console.print(f"      [dim]{name}[/] {value}")

    def begin(self, journey: Journey, title: str) -> None:
        """One more part after those of the journey."""
        self.parts.append(title)
        journey.part = len(self.parts)

    def wait(self, what: str) -> None:
        if not self.as_json:
            self.console.print(f"  [dim]… {what}[/]")

    def end(self, verdict: Mapping[str, object]) -> None:
        if self.as_json:
            print(json.dumps(verdict, ensure_ascii=False), flush=True)
        elif verdict["held"]:
            self.console.print(
                f"\n[bold green]Mọi bước đều đúng / every step held[/]: {verdict['steps']} steps, "
                f"{verdict['seconds']:.1f} s, {verdict['reference']}"
            )
        else:
            self.console.print(f"\n[bold red]Không đúng / did not hold[/]: {verdict['why']}")


def demo(*, as_json: bool, keep: Path | None, procedures: Path | None) -> int:
    """Everything in one process; the exit status."""
    narrator, started = Narrator(as_json), time.perf_counter()
    verdict: dict[str, object] = {"held": False}
    with contextlib.ExitStack() as stack:
        home = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-demo-")))
        home.mkdir(parents=True, exist_ok=True)
        try:
            verdict |= _perform(stack, home.absolute(), narrator, procedures)
            verdict["held"] = True
        except JourneyFailed as reason:
            verdict["why"] = str(reason)
        except Exception as failure:
            verdict["why"] = f"{type(failure).__name__}: {failure}"
        verdict |= {"steps": len(narrator.steps), "seconds": round(time.perf_counter() - started, 2)}
        narrator.end(verdict)
    return 0 if verdict["held"] else 1


def _perform(stack: contextlib.ExitStack, home: Path, narrator: Narrator, procedures: Path | None) -> Json:
    narrator.wait(f"cơ sở dữ liệu tạm trong {home}")
    mailbox, mails = stack.enter_context(smtp_server(home / "mail"))
    outside = stack.enter_context(payment_gateway())
    env = {**_quiet(os.environ), "PORTAL_HOME": str(home), "SMTP_URL": mailbox, **outside.settings}
    settings = Settings(env)
    started = time.perf_counter()
    portal = stack.enter_context(portal_session(settings))
    outside.portal = portal
    world = seed(settings, portal)
    narrator.narrate(
        Step(
            0,
            1,
            "portal",
            "cơ sở dữ liệu, các dịch vụ, dữ liệu mẫu / databases, services, sample data",
            (time.perf_counter() - started) * 1000,
            {"procedures": world["procedures"]},
        )
    )
    journey = Journey(portal, world, narrator.narrate, mails)
    answer = run_journey(journey)
    if procedures is not None:
        narrator.begin(journey, REAL)
        answer["import"] = _import(journey, procedures)
    narrator.begin(journey, TAMPERED)
    answer["tampered"] = _tamper(journey, settings)
    return answer


def _quiet(env: Mapping[str, str]) -> dict[str, str]:
    """The demo's own world: no broker or database of the surroundings, whatever they say."""
    return {name: value for name, value in env.items() if name != "AMQP_URI" and not name.endswith("_DATABASE_URL")}


def _import(journey: Journey, procedures: Path) -> Json:
    from infra.cli.catalogue import import_all

    editor = journey.world["officials"]["catalog_editor"]
    session = journey.portal.as_(journey.portal.sign_in(editor["username"], editor["password"]))
    with journey.step("catalog", f"nhập toàn bộ bản ghi của {procedures.name}", "every record imported") as facts:
        summary = import_all(session, [procedures], "auto", "2025-07-01", lambda done: None)
        facts.update(records=summary["records"], **summary["counts"], bad_lines=len(summary["bad_lines"]))
    return summary


def _tamper(journey: Journey, settings: Settings) -> Json:
    """Somebody with all rights turns one letter in a copy of the store; the verifier, on its own, says where."""
    with journey.step(
        "applications", "chép kho sự kiện; trình kiểm chứng đọc bản chép", "a copy of the store, verified"
    ) as facts:
        tampering: Json = tool("applications", "tamper_with_a_copy")(settings)
        facts.update(verdict=tampering["before"]["text"].splitlines()[0])
        require(tampering["before"]["status"] == 0, f"the untouched copy is whole: {tampering['before']['text']}")
    changed = tampering["changed"]
    with journey.step("applications", "sửa một ký tự trong một sự kiện", "one letter of one event changed") as facts:
        facts.update(event=changed["notification_id"], topic=changed["topic"], version=changed["version"])
    with journey.step(
        "applications", "trình kiểm chứng chỉ ra sự kiện bị sửa", "the verifier names the event"
    ) as facts:
        facts.update(verdict=tampering["after"]["text"].splitlines()[1])
        named = f"sự kiện {changed['notification_id']}," in tampering["after"]["text"]
        require(
            tampering["after"]["status"] == 1 and named, f"the verifier names the event: {tampering['after']['text']}"
        )
    return dict(changed)


@contextlib.contextmanager
def smtp_server(folder: Path) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """A real SMTP server in a process of its own; its URL and a way to read what it received."""
    command = [sys.executable, "-m", "infra.sandbox.mailbox", "--port", "0", "--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        yield (
            f"smtp://127.0.0.1:{port}",
            lambda: [path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("*.eml"))],
        )
    finally:
        process.terminate()
        process.wait(10)


class Outside:
    """The gateway's side of the world, and the way back in: a callback URL that asks the payments service."""

    def __init__(self) -> None:
        self.portal: Portal | None = None
        self.settings: dict[str, str] = {}

    def call(self, service: str, method: str, **arguments: object) -> Json:
        if self.portal is None:
            raise ConnectionError("the portal is not up yet")
        own = Portal(self.portal.settings)
        try:
            answer: Json = getattr(getattr(own.as_(), service), method)(**arguments)
            return answer
        finally:
            own.close()


@contextlib.contextmanager
def payment_gateway() -> Iterator[Outside]:
    """The sandbox gateway and the callback door, two HTTP servers on free ports."""
    import secrets

    from infra.front_door import callbacks
    from infra.sandbox import gateway

    outside = Outside()
    door = callbacks.serve(outside.call, port=0)
    secret = secrets.token_hex(16)
    sandbox = gateway.serve(
        port=0, tmn_code="DEMO0001", hash_secret=secret, ipn_url=f"http://127.0.0.1:{door.port}/callbacks/vnpay"
    )
    outside.settings = {"VNPAY_URL": sandbox.url, "VNPAY_TMN_CODE": "DEMO0001", "VNPAY_HASH_SECRET": secret}
    try:
        yield outside
    finally:
        sandbox.stop()
        door.stop()

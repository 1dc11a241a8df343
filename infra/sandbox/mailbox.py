"""A mail server for demos and tests: takes every e-mail and stores it as a file; misbehaves when asked to.

``python -m infra.sandbox.mailbox --port 0 --folder DIR`` prints one JSON line ``{"host", "port", "folder"}`` and
serves until it is told to end. Runs as a process of its own because its asyncio loop and eventlet do not mix.

Each e-mail becomes ``DIR/<number>.eml``, in the order of arrival, repeats included. Recipients choose their faults:

=====================  ==================================================================
``defer-451@…``        refused at RCPT with that code, every time (any 4xx or 5xx code)
``data-554@…``         refused after the e-mail was read, with that code
``greylist@…``         refused with 451 the first time, taken from then on
``drop@…``             the e-mail is stored, but the line goes dead before the answer (first time only)
``slow-5@…``           the answer takes that many seconds
=====================  ==================================================================
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import sys
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.chassis.files import replace_bytes

FAULT = re.compile(r"^(defer|data|slow)-(\d+)@")


class Mailbox:
    """The handler aiosmtpd asks about each step of a delivery."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stored = len(list(folder.glob("*.eml")))
        self.met: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        kind, number = _fault(address)
        if kind == "defer":
            return f"{number} refused on request"
        if address.startswith("greylist@") and self._first_time(f"rcpt {address}"):
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        for address in envelope.rcpt_tos:
            kind, number = _fault(address)
            if kind == "slow":
                await asyncio.sleep(number)
            if kind == "data":
                return f"{number} refused on request"
        message = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        self._keep(message)
        if any(address.startswith("drop@") and self._first_time(f"data {address}") for address in envelope.rcpt_tos):
            cast(asyncio.WriteTransport, server.transport).abort()
        return "250 kept"

    def _keep(self, message: bytes) -> None:
        self.stored += 1
        replace_bytes(self.folder / f"{self.stored:06}.eml", message, mode=0o644)

    def _first_time(self, what: str) -> bool:
        first = what not in self.met
        self.met.add(what)
        return first


def _fault(address: str) -> tuple[str, int]:
    match = FAULT.match(address)
    return (match[1], int(match[2])) if match else ("", 0)


async def serve(host: str, port: int, folder: Path) -> None:
    """Take mail until SIGTERM or SIGINT."""
    folder.mkdir(parents=True, exist_ok=True)
    mailbox, loop, ended = Mailbox(folder), asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname="mailbox.localhost", enable_SMTPUTF8=True), host, port
    )
    address: tuple[str, int] = server.sockets[0].getsockname()
    print(json.dumps({"host": host, "port": address[1], "folder": str(folder)}), flush=True)  # noqa: T201  (whoever started it reads this line)
    await ended.wait()
    server.close()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A mail server that keeps letters as files.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    asyncio.run(serve(options.host, options.port, options.folder))


if __name__ == "__main__":
    main(sys.argv[1:])

"""What a person of the embedded default finds in their post: its e-mails lie in a folder."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path

from tests.support.front_door import FrontDoor, eventually

CODE = re.compile(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", re.ASCII)


def code_sent_to(door: FrontDoor, address: str) -> str:
    """The code of the last e-mail to ``address`` that has one; waits for it."""

    def latest() -> str | None:
        sent = [(file.stat().st_mtime_ns, code) for file in _mails(door) if (code := _code_in(file, address))]
        return max(sent)[1] if sent else None

    return str(eventually(latest, f"a code for {address}"))


def _mails(door: FrontDoor) -> list[Path]:
    return list((door.log.parent / "home").rglob("*.eml"))


def _code_in(file: Path, address: str) -> str | None:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body()
    code = CODE.search(body.get_content()) if address in str(message["To"]) and body else None
    return code[0] if code else None

"""The chassis' own tables without a person: dead letters, stored replies of commands, relayed events.

Rows are not deleted: an event id that came again would be taken for a repeat, and an operator should see that there was
something. What may still have an effect keeps its facts, and only those. Nothing ties these rows to a person but the
ids in them, so tables are read through, a bounded page at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from infra.chassis.redaction import error_kind, mentions, redacted, with_token_claims, without_actors
from infra.chassis.storage.tables import command_log, dead_letter, outbox

PAGE = 500
ANONYMOUS = "anonymous"
FORGOTTEN = "forgotten"  # a fingerprint that fits no command: repeating it is refused
Page = tuple[list[object] | None, int]  # where to go on (None: the end), how many rows were changed


def dead_letters(session: Session, account_id: str, marks: set[str], after: list[object] | None) -> Page:
    """A waiting dead letter can still be replayed, without free text; of a settled one only its id is left."""
    query = select(dead_letter).where(dead_letter.c.id > after[0]) if after else select(dead_letter)
    rows = list(session.execute(query.order_by(dead_letter.c.id).limit(PAGE)))
    changed = 0
    for row in rows:
        body = bytes(row.body).decode("utf-8", "replace")
        text = json.dumps(without_actors(json.loads(body)), ensure_ascii=False)
        if not mentions(with_token_claims(f"{text} {row.headers} {row.error}"), marks):
            continue
        left = {
            "body": redacted_body(body, waiting=row.state == "waiting"),
            "headers": {},
            "error": error_kind(row.error),
        }
        if left != {"body": bytes(row.body), "headers": row.headers, "error": row.error}:
            session.execute(dead_letter.update().where(dead_letter.c.id == row.id).values(**left))
            changed += 1
    return ([rows[-1].id] if len(rows) == PAGE else None), changed


def redacted_body(body: str, *, waiting: bool) -> bytes:
    event = json.loads(body)
    left = event if waiting else {name: event.get(name) for name in ("id", "type", "source")}
    return json.dumps(redacted(left), ensure_ascii=False).encode()


def commands(session: Session, account_id: str, marks: set[str], after: list[object] | None) -> Page:
    """The person's own commands keep their id and nothing else; other people's about them keep the facts answered."""
    key = tuple_(command_log.c.caller, command_log.c.command_id)
    query = select(command_log).where(key > tuple(after)) if after else select(command_log)
    rows = list(session.execute(query.order_by(command_log.c.caller, command_log.c.command_id).limit(PAGE)))
    changed = 0
    for row in rows:
        own = row.caller == account_id
        if not own and not mentions(json.dumps(without_actors(row.reply), ensure_ascii=False), marks):
            continue
        reply, fingerprint = redacted(row.reply), row.fingerprint
        if own or row.caller == ANONYMOUS:
            reply, fingerprint = None, FORGOTTEN
        if (reply, fingerprint) != (row.reply, row.fingerprint):
            this = command_log.c.caller == row.caller, command_log.c.command_id == row.command_id
            session.execute(command_log.update().where(*this).values(reply=reply, fingerprint=fingerprint))
            changed += 1
    return ([rows[-1].caller, rows[-1].command_id] if len(rows) == PAGE else None), changed


def outbox_events(session: Session, account_id: str, marks: set[str], after: list[object] | None) -> Page:
    """An event not published yet still will be, and one that was may be again: without free text."""
    query = select(outbox).where(outbox.c.position > after[0]) if after else select(outbox)
    rows = list(session.execute(query.order_by(outbox.c.position).limit(PAGE).with_for_update()))
    changed = 0
    for row in rows:
        if row.subject not in marks and not mentions(json.dumps(without_actors(row.data), ensure_ascii=False), marks):
            continue
        left = redacted(row.data)
        if left != row.data:
            session.execute(outbox.update().where(outbox.c.position == row.position).values(data=left))
            changed += 1
    return ([rows[-1].position] if len(rows) == PAGE else None), changed


TABLES: dict[str, Callable[[Session, str, set[str], list[object] | None], Page]] = {
    "dead_letter": dead_letters,
    "command_log": commands,
    "outbox": outbox_events,
}

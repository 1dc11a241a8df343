"""What handlers could not handle: stored as rows, listed, replayed through the inbox, or dropped with a reason.

Each is also a message in the queue ``portal.quarantine``, put there before its row. Next to them a row for each
message that nobody could read. Its bytes and headers are in that queue and nowhere else; the row says by their digest
which it is, why, and when it came first and last.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, TextClause, func, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.erased_subjects import mentions_erased
from infra.chassis.json_types import Json
from infra.chassis.messaging.handler_queues import redelivery_exchange
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.redaction import error_kind, json_bytes, redacted, storable, without_actors
from infra.chassis.refusals import NotFound, Refusal
from infra.chassis.sensitive import stored_headers
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, insert_into
from infra.chassis.storage.tables import OPEN_DEAD_LETTER, dead_letter
from infra.chassis.storage.types import Insert, TableRow

REPLAYING = "being replayed"  # the resolution of a dead letter that is still waiting while it is sent


class DeadLetterNotFound(NotFound):
    vi = "Không có thông điệp lỗi {letter_id} đang chờ xử lý."
    en = "There is no waiting dead letter {letter_id}."


class NobodyCanReadIt(Refusal):
    vi = "Thông điệp {letter_id} không đọc được nên không xử lý lại được."
    en = "Nobody can read message {letter_id}, so it cannot be replayed."
    todo_vi = "Xem nội dung gốc trong hàng đợi portal.quarantine, rồi bỏ qua với lý do (drop)."
    todo_en = "Look at its bytes in the queue portal.quarantine, then drop it with a reason."


def digest_of(body: bytes) -> str:
    """The id of a message that nobody could read."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class DeadLetters:
    """The dead letters of one service, in its own database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def of(cls, settings: Settings, service: str) -> DeadLetters:
        return cls(Database.at(settings.database_url(service)))

    def without_erased(self, event: Json, headers: Json, error: str) -> tuple[Json, Json, str]:
        """A failed event, its headers and its error; without free text if it is about somebody erased meanwhile."""
        with self.database.session() as session:
            return _without_erased(session, event, headers, error)

    def record(self, queue: str, event: Json, headers: Json, error: str, attempts: int, first_at: float) -> None:
        """Record an event that failed for the last time, without what was erased; a repeat only updates its row."""
        with self.database.session() as session:
            event, headers, error = _without_erased(session, event, headers, error)
            row = insert_into(session, dead_letter).values(
                consumer=queue,
                message_id=event["id"],
                routing={name: storable(event.get(name), 200) for name in ("type", "source")},
                headers=stored_headers(headers),
                body=json_bytes(event),
                content_type="application/json",
                error=storable(error, 2000),
                attempts=attempts,
                first_at=datetime.fromtimestamp(first_at, UTC),
                last_at=clock.now(),
                state="waiting",
            )
            session.execute(_upsert(row, error=row.excluded.error, attempts=row.excluded.attempts))

    def record_unreadable(self, service: str, routing_key: str, body: bytes, why: str) -> None:
        """A row for a message that was quarantined; the same bytes again only update it."""
        digest = digest_of(body)
        about = {"id": digest, "size": len(body), "kept_in": QUARANTINE}
        with self.database.session() as session:
            row = insert_into(session, dead_letter).values(
                consumer=storable(routing_key, 160),
                message_id=digest,
                routing={"type": "unreadable", "source": service},
                headers={},
                body=json.dumps(about).encode(),
                content_type="application/json",
                error=storable(why, 500),
                attempts=1,
                first_at=clock.now(),
                last_at=clock.now(),
                state="unreadable",
            )
            session.execute(_upsert(row, attempts=dead_letter.c.attempts + 1))

    def unresolved(self, limit: int = 100, *, consumer: str = "", error: str = "") -> list[Json]:
        """What an operator has to decide on, oldest first: dead letters, and rows of what nobody could read."""
        with self.database.session() as session:
            rows = session.execute(
                select(dead_letter).where(*_open(consumer, error)).order_by(dead_letter.c.id).limit(limit)
            )
            return [_as_json(row) for row in rows]

    def ids(self, *, consumer: str = "", error: str = "", readable: bool = False) -> list[int]:
        """Ids of the open dead letters with these words in consumer and error; ``readable``: can be replayed."""
        conditions = [*_open(consumer, error), *([dead_letter.c.state == "waiting"] if readable else [])]
        with self.database.session() as session:
            return list(session.scalars(select(dead_letter.c.id).where(*conditions).order_by(dead_letter.c.id)))

    def summary(self, *, consumer: str = "", error: str = "") -> list[Json]:
        """What is open by type, consumer and kind of error, the most first: how many, first and last time."""
        of, error_text = [dead_letter.c.routing["type"].as_string(), dead_letter.c.consumer], dead_letter.c.error
        with self.database.session() as session:
            colon = func.instr if session.get_bind().dialect.name == "sqlite" else func.strpos
            of.append(func.substr(error_text, 1, colon(error_text.concat(":"), ":") - 1))
            figures = func.count(), func.min(dead_letter.c.first_at), func.max(dead_letter.c.last_at)
            rows = session.execute(
                select(*of, *figures).where(*_open(consumer, error)).group_by(*of).order_by(func.count().desc(), *of)
            ).all()
        names = ("type", "consumer", "error", "letters", "first_at", "last_at")
        return [dict(zip(names, (*of, first.isoformat(), last.isoformat()), strict=True)) for *of, first, last in rows]

    def dropped(self, queue: str, message_id: str) -> bool:
        """Whether an operator has given this event up for this consumer; it may come again all the same."""
        is_dropped = (dead_letter.c.message_id == message_id) & (dead_letter.c.state == "dropped")
        with self.database.session() as session:
            letter_id = session.scalar(
                select(dead_letter.c.id).where(is_dropped, dead_letter.c.consumer == queue).limit(1)
            )
        return letter_id is not None

    def being_replayed(self, queue: str, event: Json) -> bool:
        """Whether an operator handed exactly this event to this consumer again."""
        replayed = (dead_letter.c.state == "replayed") | (dead_letter.c.resolution == REPLAYING)
        this = (dead_letter.c.consumer == queue) & (dead_letter.c.message_id == storable(event.get("id"), 120))
        with self.database.session() as session:
            rows = list(session.scalars(select(dead_letter.c.body).where(this, replayed)))
        return any(json.loads(body) == event for body in rows)

    def waiting(self, limit: int = 100) -> list[Json]:
        """The dead letters an operator has to look at, oldest first."""
        with self.database.session() as session:
            rows = session.execute(
                select(dead_letter).where(dead_letter.c.state == "waiting").order_by(dead_letter.c.id).limit(limit)
            )
            return [_as_json(row) for row in rows]

    def show(self, letter_id: int) -> Json:
        with self.database.session() as session:
            row = session.execute(select(dead_letter).where(dead_letter.c.id == letter_id)).first()
            if row is None:
                raise DeadLetterNotFound(letter_id=letter_id)
            return {
                **_as_json(row),
                "headers": row.headers,
                "body": json.loads(row.body),
                "state": row.state,
                "resolution": row.resolution,
            }

    def replay(self, letter_id: int, publisher: Publisher | None = None, *, dry_run: bool = False) -> Json:
        """Hand the dead letter to its consumer's queue again; its inbox makes a second replay harmless."""
        letter = self.show(letter_id)
        if letter["type"] == "unreadable":
            raise NobodyCanReadIt(letter_id=letter_id)
        if publisher is not None and not dry_run:
            self._resolve(letter_id, letter["state"], REPLAYING)  # before it is sent: whoever gets it looks here
            publisher.publish(
                letter["body"],
                exchange=redelivery_exchange(),
                routing_key=letter["consumer"],
                message_id=letter["message_id"],
            )
            self._resolve(letter_id, "replayed", "")
        return letter

    def drop(self, letter_id: int, reason: str) -> Json:
        """Give a dead letter up, with the reason on record."""
        letter = self.show(letter_id)
        self._resolve(letter_id, "dropped", reason)
        return letter

    def _resolve(self, letter_id: int, state: str, resolution: str) -> None:
        with self.database.session() as session:
            session.execute(
                dead_letter.update()
                .where(dead_letter.c.id == letter_id)
                .values(state=state, resolved_at=clock.now(), resolution=resolution)
            )


def _without_erased(session: Session, event: Json, headers: Json, error: str) -> tuple[Json, Json, str]:
    if mentions_erased(session, json.dumps(without_actors(event), ensure_ascii=False)):
        return redacted(event), {}, error_kind(error)
    return event, headers, error


def _open(consumer: str = "", error: str = "") -> list[ColumnElement[bool] | TextClause]:
    conditions: list[ColumnElement[bool] | TextClause] = [OPEN_DEAD_LETTER]
    if consumer:
        conditions.append(dead_letter.c.consumer.contains(consumer, autoescape=True))
    if error:
        conditions.append(dead_letter.c.error.contains(error, autoescape=True))
    return conditions


def _upsert(row: Insert, **changed: object) -> Insert:
    """The INSERT of a row which, when it is open already (another worker may write it now), counts the repeat."""
    return row.on_conflict_do_update(
        index_elements=["consumer", "message_id"],
        index_where=OPEN_DEAD_LETTER,
        set_={"last_at": row.excluded.last_at, **changed},
    )


def _as_json(row: TableRow) -> Json:
    return {
        "id": row.id,
        "consumer": row.consumer,
        "message_id": row.message_id,
        "type": row.routing.get("type"),
        "error": row.error,
        "attempts": row.attempts,
        "first_at": row.first_at.isoformat(),
        "last_at": row.last_at.isoformat(),
    }

"""The chassis' tables without a person, page by page, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.chassis import clock
from infra.chassis.erasure import tables
from infra.chassis.redaction import PLACEHOLDER
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import ALL, command_log, dead_letter, outbox

ROWS, HERS = 23, 5


@pytest.fixture
def database(fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tables, "PAGE", 4)
    made = Database(fresh_database("payments"))
    ALL[0].metadata.create_all(made.engine)
    yield made
    made.engine.dispose()


def swept(database: Database, table: str, person: str) -> int:
    after, changed, pages = None, 0, 0
    while pages == 0 or after is not None:
        with database.session() as session:
            after, count = tables.TABLES[table](session, person, {person}, after)
        changed, pages = changed + count, pages + 1
    assert pages == ROWS // 4 + 1
    return changed


def test_every_page_is_looked_through_and_only_her_rows_are_changed(database):
    person, others = str(uuid4()), [str(uuid4()) for _ in range(ROWS - HERS)]
    whose = [*others[:9], *[person] * HERS, *others[9:]]
    with database.session() as session:
        for number, who in enumerate(whose):
            fields = {"applicant_id": who, "reason": "lời nói"}
            session.execute(outbox.insert().values(type="x.v1", subject=who, data=fields, at=clock.now()))
            session.execute(
                command_log.insert().values(
                    caller=str(uuid4()), command_id=f"{number}", name="x", fingerprint="f", reply=fields, at=clock.now()
                )
            )
            letter = {"consumer": "x", "message_id": f"{number}", "routing": {}, "headers": {}, "state": "waiting"}
            body = f'{{"id": "{number}", "data": {{"applicant_id": "{who}", "reason": "lời nói"}}}}'.encode()
            session.execute(
                dead_letter.insert().values(
                    **letter,
                    body=body,
                    content_type="json",
                    error="E",
                    attempts=1,
                    first_at=clock.now(),
                    last_at=clock.now(),
                )
            )
    for table in tables.TABLES:
        assert swept(database, table, person) == HERS
        assert swept(database, table, person) == 0
    with database.session() as session:
        reasons = [row.data["reason"] for row in session.execute(select(outbox).order_by(outbox.c.position))]
        replies = [row.reply["reason"] for row in session.execute(select(command_log))]
        bodies = [bytes(row.body).decode() for row in session.execute(select(dead_letter))]
    assert reasons == ["lời nói"] * 9 + [PLACEHOLDER] * HERS + ["lời nói"] * 9
    assert sorted(replies) == sorted(reasons) and sum(PLACEHOLDER in body for body in bodies) == HERS

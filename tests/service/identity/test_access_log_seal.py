"""The sealed access log on PostgreSQL: it refuses to be changed, and what its owner does all the same is named."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from infra.chassis.settings import Settings
from tests.component.identity.test_access_log_seal import Log

TABLES = ("access_entry", "access_seal", "access_head")


class LogOnPostgres(Log):
    """Whoever owns the tables gives themselves back what the migrations took, and takes the triggers away."""

    def owner_does(self, *statements: str) -> None:
        with self.recorder.database.session() as session:
            for table in TABLES:
                session.execute(text(f"GRANT ALL ON {table} TO CURRENT_USER"))
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            for statement in statements:
                session.execute(text(statement))


@pytest.fixture
def log(settings: Settings) -> LogOnPostgres:
    return LogOnPostgres(settings)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_entry SET reader_id = 'somebody else' WHERE position = 5",
        "DELETE FROM access_seal WHERE number = 12",
        "UPDATE access_head SET size = 11",
        "TRUNCATE access_head",
    ],
)
def test_the_tables_refuse_to_be_changed(log: LogOnPostgres, statement: str) -> None:
    with pytest.raises(DBAPIError), log.recorder.database.session() as session:
        session.execute(text(statement))
    assert log.kinds(log.heads) == set()


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("entry_changed", "UPDATE access_entry SET reader_id = 'somebody else' WHERE position = 5"),
        ("entry_missing", "DELETE FROM access_entry WHERE position = 5"),
        ("seal_missing", "DELETE FROM access_seal WHERE number = 5"),
        ("log_cut_short", "DELETE FROM access_seal WHERE number = 12"),
    ],
)
def test_what_an_owner_of_the_tables_changes_is_named(log: LogOnPostgres, kind: str, statement: str) -> None:
    log.owner_does("DELETE FROM access_purpose WHERE position = 5", statement)
    assert kind in log.kinds()


def test_a_log_sealed_anew_after_a_change_differs_from_the_heads_others_have(log: LogOnPostgres) -> None:
    log.owner_does(
        "UPDATE access_entry SET reader_id = 'somebody else' WHERE position = 5",
        "DELETE FROM access_seal",
        "DELETE FROM access_head",
    )
    log.sealer.step()
    assert log.kinds() == set() and log.kinds(log.heads) == {"head_differs"}

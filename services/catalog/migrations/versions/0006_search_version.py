"""What has changed in what searches go through: a number that grows, noted in each entry, for the index in memory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None

SHOWN = "effective_from, effective_until, title, accented, words, length, uses, summary"
ACTS = {"inserted": "INSERT", "updated": f"UPDATE OF {SHOWN}"}
AGENCY_ACTS = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}


def upgrade() -> None:
    op.add_column("search_entry", sa.Column("changed", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("search_entry_changed", "search_entry", ["changed"])
    op.create_table(
        "search_version",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Column("agencies", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO search_version (id, entries, agencies) VALUES (1, 1, 1)")
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, acts in (("search_entry", ACTS), ("agency", AGENCY_ACTS)):
        for act in acts:
            op.execute(f"DROP TRIGGER {table}_{act}{'' if sqlite else f' ON {table}'}")
    if not sqlite:
        op.execute("DROP TRIGGER search_entry_noted ON search_entry")
        for function in ("search_entry_changes", "search_entry_noted", "agency_changes"):
            op.execute(f"DROP FUNCTION {function}()")
    op.drop_index("search_entry_changed", "search_entry")
    if sqlite:
        op.execute("ALTER TABLE search_entry DROP COLUMN changed")
    else:
        op.drop_column("search_entry", "changed")
    op.drop_table("search_version")


def _sqlite() -> None:
    for act, words in ACTS.items():
        op.execute(
            f"CREATE TRIGGER search_entry_{act} AFTER {words} ON search_entry BEGIN"  # noqa: S608 - the words above
            " UPDATE search_version SET entries = entries + 1;"
            " UPDATE search_entry SET changed = (SELECT entries FROM search_version) WHERE id = NEW.id; END"
        )
    for act, words in AGENCY_ACTS.items():
        op.execute(
            f"CREATE TRIGGER agency_{act} AFTER {words} ON agency BEGIN"  # noqa: S608 - the words above
            " UPDATE search_version SET agencies = agencies + 1; END"
        )


def _postgresql() -> None:
    # Counted before the statement locks any entry: whoever waits here holds nothing that others wait for.
    op.execute("""
        CREATE FUNCTION search_entry_changes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE search_version SET entries = entries + 1;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE FUNCTION agency_changes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE search_version SET agencies = agencies + 1;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE FUNCTION search_entry_noted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.changed := (SELECT entries FROM search_version);
            RETURN NEW;
        END $$
    """)
    for table, acts in (("search_entry", ACTS), ("agency", AGENCY_ACTS)):
        for act, words in acts.items():
            op.execute(
                f"CREATE TRIGGER {table}_{act} BEFORE {words} ON {table}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_changes()"
            )
    op.execute(f"""
        CREATE TRIGGER search_entry_noted BEFORE INSERT OR UPDATE OF {SHOWN} ON search_entry
        FOR EACH ROW EXECUTE FUNCTION search_entry_noted()
    """)

"""The event table as the recorders expect it, with the MACs of its events: rows that are added and never changed."""

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEPT = ("stored_events", "event_mac")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
    else:
        _on_sqlite()


def _on_postgresql() -> None:
    op.execute(
        "CREATE TYPE stored_event_uuid AS (originator_id uuid, originator_version bigint, topic text, state bytea)"
    )
    op.execute(
        """
        CREATE TABLE stored_events (
            originator_id uuid NOT NULL,
            originator_version bigint NOT NULL,
            topic text,
            state bytea,
            notification_id bigserial,
            PRIMARY KEY (originator_id, originator_version)
        ) WITH (
            autovacuum_enabled = true,
            autovacuum_vacuum_threshold = 100000000,
            autovacuum_vacuum_scale_factor = 0.5,
            autovacuum_analyze_threshold = 1000,
            autovacuum_analyze_scale_factor = 0.01
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX stored_events_notification_id_idx ON stored_events (notification_id ASC)")
    _macs(sa.Uuid)
    op.execute(
        """
        CREATE FUNCTION events_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'recorded events are never changed or removed (% on %)', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    role: str | None = context.config.attributes.get("service_role")
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER events_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION events_are_kept()"
        )
        for name in ("PUBLIC", "CURRENT_USER", *(['"' + role.replace('"', '""') + '"'] if role else [])):
            op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {name}")


def _on_sqlite() -> None:
    op.execute(
        "CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB, "
        "PRIMARY KEY (originator_id, originator_version))"
    )
    _macs(sa.Text)
    for table in KEPT:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_is_kept_{act.lower()} BEFORE {act} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'recorded events are never changed or removed'); END"
            )


def _macs(key_type: type) -> None:
    op.create_table(
        "event_mac",
        sa.Column("originator_id", key_type, primary_key=True),
        sa.Column("originator_version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in reversed(KEPT):
        op.drop_table(table)
    if on_postgresql:
        op.execute("DROP FUNCTION events_are_kept()")
        op.execute("DROP TYPE stored_event_uuid")

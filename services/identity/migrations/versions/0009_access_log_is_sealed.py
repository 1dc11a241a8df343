"""Seals and heads of the access log, added to and never changed; challenges of entries."""

import sqlalchemy as sa
from alembic import context, op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

GUARDED = ("access_seal", "access_head")


def upgrade() -> None:
    op.create_table(
        "access_seal",
        sa.Column("number", BigKey, primary_key=True, autoincrement=False),
        sa.Column("position", BigKey, nullable=False, unique=True),
        sa.Column("chain", sa.String(64), nullable=False),
    )
    op.create_table(
        "access_head",
        sa.Column("size", BigKey, primary_key=True, autoincrement=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
    )
    op.create_table(
        "access_challenge",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("position", BigKey, nullable=False, unique=True),
        sa.Column("subject_id", sa.String(80), nullable=False),
        sa.Column("reader_id", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("raised_at", UtcDateTime, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_by", sa.String(80)),
        sa.Column("answered_at", UtcDateTime),
    )
    op.create_index("access_challenge_state", "access_challenge", ["state", "raised_at"])
    for table in GUARDED:
        _guard(table)


def _guard(table: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_stays_{act.lower()} BEFORE {act} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the access log is never changed'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER access_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION access_log_stays()"
    )
    role: str | None = context.config.attributes.get("service_role")
    for name in ("PUBLIC", "CURRENT_USER", *(['"' + role.replace('"', '""') + '"'] if role else [])):
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {name}")


def downgrade() -> None:
    for table in ("access_challenge", *GUARDED):
        op.drop_table(table)

"""Heads of identity's access log, added to and never changed."""

import sqlalchemy as sa
from alembic import context, op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_log_head",
        sa.Column("size", BigKey, primary_key=True, autoincrement=False),
        sa.Column("chain", sa.String(64), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    if op.get_bind().dialect.name != "postgresql":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER access_log_head_is_kept_{act.lower()} BEFORE {act} ON access_log_head "
                "BEGIN SELECT RAISE(ABORT, 'heads are never changed'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER access_log_head_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_kept()"
    )
    role: str | None = context.config.attributes.get("service_role")
    for name in ("PUBLIC", "CURRENT_USER", *(['"' + role.replace('"', '""') + '"'] if role else [])):
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON access_log_head FROM {name}")


def downgrade() -> None:
    op.drop_table("access_log_head")

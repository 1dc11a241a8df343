"""By which a stored event is known to be the service's own: rows beside the events, added and never changed."""

import sqlalchemy as sa
from alembic import context, op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "event_mac",
        sa.Column("originator_id", sa.Uuid if on_postgresql else sa.Text, primary_key=True),
        sa.Column("originator_version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
    )
    if on_postgresql:
        op.execute(
            "CREATE TRIGGER events_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON event_mac "
            "FOR EACH STATEMENT EXECUTE FUNCTION events_are_kept()"
        )
        role: str | None = context.config.attributes.get("service_role")
        for name in ("PUBLIC", "CURRENT_USER", *(['"' + role.replace('"', '""') + '"'] if role else [])):
            op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON event_mac FROM {name}")
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER event_mac_is_kept_{act.lower()} BEFORE {act} ON event_mac "
            "BEGIN SELECT RAISE(ABORT, 'recorded events are never changed or removed'); END"
        )


def downgrade() -> None:
    op.drop_table("event_mac")

"""The audit log: leaves, nodes, checkpoints, cosignatures, keys and findings, added to and never changed."""

import sqlalchemy as sa
from alembic import context, op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("audit_leaf", "audit_node", "audit_checkpoint", "audit_cosignature", "audit_key", "audit_finding")


def upgrade() -> None:
    op.create_table(
        "audit_leaf",
        sa.Column("leaf_index", BigKey, primary_key=True, autoincrement=False),
        sa.Column("notification_id", BigKey, nullable=False, unique=True),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audit_node",
        sa.Column("height", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("node_index", BigKey, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("tree_size", BigKey, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("sealed_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "audit_cosignature",
        sa.Column("tree_size", BigKey, primary_key=True, autoincrement=False),
        sa.Column("witness", sa.String(200), primary_key=True),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "audit_key",
        sa.Column("verifier_key", sa.String(300), primary_key=True),
        sa.Column("since", UtcDateTime, nullable=False),
    )
    op.create_table(
        "audit_finding",
        sa.Column("number", BigKey, primary_key=True, autoincrement=True),
        sa.Column("finding_id", sa.String(32), nullable=False, unique=True),
        sa.Column("kind", sa.String(40), nullable=False, index=True),
        sa.Column("application_id", sa.String(36), nullable=False, index=True),
        sa.Column("said", sa.JSON, nullable=False),
        sa.Column("found_at", UtcDateTime, nullable=False),
    )
    for table in TABLES:
        _guard(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _guard(table: str) -> None:
    """Nobody changes or removes a row: not the service, and not the owner by mistake."""
    if op.get_bind().dialect.name != "postgresql":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_is_kept_{act.lower()} BEFORE {act} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_kept()"
    )
    role: str | None = context.config.attributes.get("service_role")
    for name in ("PUBLIC", *(['"' + role.replace('"', '""') + '"'] if role else [])):
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {name}")

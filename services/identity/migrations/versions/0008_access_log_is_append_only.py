"""The access log is added to and never changed; why somebody read is beside it, and goes with an erasure."""

import hashlib
import secrets

import sqlalchemy as sa
from alembic import context, op

from infra.chassis.storage.types import BigKey

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ERASED = "–"
AT_ONCE = 1000


def upgrade() -> None:
    op.create_table(
        "access_purpose",
        sa.Column("position", BigKey, sa.ForeignKey("access_entry.position"), primary_key=True, autoincrement=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
    )
    served_by = sa.Column("service", sa.String(20), nullable=False, server_default=sa.text("'applications'"))
    op.add_column("access_entry", served_by)
    op.add_column("access_entry", sa.Column("door", sa.String(60)))
    op.add_column("access_entry", sa.Column("legal_basis", sa.Text))
    op.add_column("access_entry", sa.Column("commitment", sa.String(64)))
    _move_purposes()
    op.drop_column("access_entry", "purpose")
    _guard()


def _move_purposes() -> None:
    connection, last = op.get_bind(), 0
    read = sa.text("SELECT position, purpose FROM access_entry WHERE position > :last ORDER BY position LIMIT :most")
    add = sa.text("INSERT INTO access_purpose (position, purpose, salt) VALUES (:position, :purpose, :salt)")
    commit = sa.text("UPDATE access_entry SET commitment = :commitment WHERE position = :position")
    while rows := connection.execute(read, {"last": last, "most": AT_ONCE}).all():
        for row in rows:
            if row.purpose != ERASED:
                salt = secrets.token_hex(16)
                digest = hashlib.sha256(f"{salt}:{row.purpose}".encode()).hexdigest()
                connection.execute(add, {"position": row.position, "purpose": row.purpose, "salt": salt})
                connection.execute(commit, {"position": row.position, "commitment": digest})
        last = rows[-1].position


def _guard() -> None:
    """Nobody changes or removes an entry: the service may not, and the trigger stops the owner's mistakes.

    The owner keeps the right itself: with it the server checks the foreign key of a purpose, which locks the entry.
    """
    if op.get_bind().dialect.name != "postgresql":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER access_entry_stays_{act.lower()} BEFORE {act} ON access_entry "
                "BEGIN SELECT RAISE(ABORT, 'the access log is never changed'); END"
            )
        return
    op.execute(
        """
        CREATE FUNCTION access_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the access log is never changed (% on %)', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER access_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON access_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION access_log_stays()"
    )
    role: str | None = context.config.attributes.get("service_role")
    for name in ("PUBLIC", *(['"' + role.replace('"', '""') + '"'] if role else [])):
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON access_entry FROM {name}")


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    triggers = ["access_log_stays"] if on_postgresql else ["access_entry_stays_update", "access_entry_stays_delete"]
    for trigger in triggers:
        op.execute(f"DROP TRIGGER {trigger}" + (" ON access_entry" if on_postgresql else ""))
    op.add_column("access_entry", sa.Column("purpose", sa.Text, nullable=False, server_default=ERASED))
    op.execute(
        "UPDATE access_entry SET purpose = (SELECT purpose FROM access_purpose p WHERE p.position = "
        "access_entry.position) WHERE position IN (SELECT position FROM access_purpose)"
    )
    for column in ("commitment", "legal_basis", "door", "service"):
        op.drop_column("access_entry", column)
    op.drop_table("access_purpose")
    if on_postgresql:
        op.execute("DROP FUNCTION access_log_stays")

"""The event table as the recorders expect it, guarded; what lies beside the streams; the read model."""

import sqlalchemy as sa
from alembic import context, op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "application_view",
    "erasure",
    "told_once",
    "running_number",
    "procedure_copy",
    "paper",
    "statement",
    "answer_set",
    "party",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _streams_on_postgresql()
    else:
        _streams_on_sqlite()
    _beside()
    _notes()
    _view()


def _streams_on_postgresql() -> None:
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
    op.execute(
        """
        CREATE FUNCTION events_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'recorded events are never changed or removed (% on %)', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER events_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_kept()"
    )
    role: str | None = context.config.attributes.get("service_role")
    for name in ("PUBLIC", "CURRENT_USER", *(['"' + role.replace('"', '""') + '"'] if role else [])):
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON stored_events FROM {name}")


def _streams_on_sqlite() -> None:
    op.execute(
        "CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB, "
        "PRIMARY KEY (originator_id, originator_version))"
    )
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER events_are_kept_{act.lower()} BEFORE {act} ON stored_events "
            "BEGIN SELECT RAISE(ABORT, 'recorded events are never changed or removed'); END"
        )


def _beside() -> None:
    op.create_table(
        "party",
        sa.Column("application_id", sa.String(36), primary_key=True),
        sa.Column("applicant_id", sa.String(80), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("started_by", sa.String(80), nullable=False),
    )
    op.create_table(
        "answer_set",
        sa.Column("answers_id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False, index=True),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "statement",
        sa.Column("statement_id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False, index=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "paper",
        sa.Column("paper_id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False, index=True),
        sa.Column("applicant_id", sa.String(80), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("requirement", sa.String(120), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("sha256", sa.String(64), index=True),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
    )


def _notes() -> None:
    op.create_table(
        "procedure_copy",
        sa.Column("code", sa.String(80), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("kept_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "running_number",
        sa.Column("sequence", sa.String(160), primary_key=True),
        sa.Column("last", BigKey, nullable=False),
    )
    op.create_table(
        "told_once",
        sa.Column("application_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("due_at", UtcDateTime, primary_key=True),
        sa.Column("told_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "erasure",
        sa.Column("erasure_id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(80), nullable=False, index=True),
        sa.Column("legal_basis", sa.Text, nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("confirmed_by", sa.String(80)),
        sa.Column("confirmed_at", UtcDateTime),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("report", sa.JSON, nullable=False),
    )


def _view() -> None:
    op.create_table(
        "application_view",
        sa.Column("application_id", sa.String(36), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("position", BigKey, nullable=False),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("tracking_digest", sa.String(64), nullable=False),
        sa.Column("procedure_code", sa.String(80), nullable=False),
        sa.Column("procedure_version", sa.Integer, nullable=False),
        sa.Column("agency_code", sa.String(40), nullable=False),
        sa.Column("province", sa.String(40), nullable=False),
        sa.Column("applicant_id", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("official_status", sa.Integer),
        sa.Column("officer_id", sa.String(80)),
        sa.Column("receipt_number", sa.String(80)),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("submitted_at", UtcDateTime),
        sa.Column("month", sa.String(7)),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("promised_at", UtcDateTime),
        sa.Column("due_at", UtcDateTime),
        sa.Column("last_due_at", UtcDateTime),
        sa.Column("pauses", sa.Integer, nullable=False),
        sa.Column("paused_at", UtcDateTime),
        sa.Column("answer_by", UtcDateTime),
        sa.Column("answer_bys", sa.JSON, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("punctuality", sa.String(8)),
        sa.Column("returned_at", UtcDateTime),
        sa.Column("proposed", sa.Boolean, nullable=False),
        sa.Column("appealed", sa.Boolean, nullable=False),
        sa.Column("supplements", sa.Integer, nullable=False),
        sa.Column("delivery", sa.String(16)),
        sa.Column("stars", sa.Integer),
        sa.Column("erased", sa.Boolean, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_index("application_view_reference", "application_view", ["reference"])
    op.create_index("application_view_applicant", "application_view", ["applicant_id", "started_at"])
    op.create_index("application_view_queue", "application_view", ["agency_code", "status", "due_at"])
    op.create_index("application_view_due", "application_view", ["due_at"])
    op.create_index("application_view_answer_by", "application_view", ["answer_by"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP TABLE stored_events")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION events_are_kept")
        op.execute("DROP TYPE stored_event_uuid")

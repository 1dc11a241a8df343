"""Documents between agencies: versions of their content, files, how they stand with each receiver, words of steps."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "document_about", "document_words", "document_receiver", "document_attachment", "document_content",
    "official_document",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "official_document",
        sa.Column("document_id", sa.String(36), primary_key=True),
        sa.Column("code", sa.String(400), nullable=False),
        sa.Column("from_agency", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("due_on", sa.String(10)),
        sa.Column("replaces", sa.String(36)),
        sa.Column("erased", sa.Boolean, nullable=False),
        sa.Column("sent_at", UtcDateTime, nullable=False),
    )
    op.create_index("official_document_outbox", "official_document", ["from_agency", "sent_at", "document_id"])
    _contents()
    _receivers()


def _contents() -> None:
    op.create_table(
        "document_content",
        sa.Column("document_id", sa.String(36), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_table(
        "document_attachment",
        sa.Column("attachment_id", sa.String(36), primary_key=True),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(120), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_index("document_attachment_document", "document_attachment", ["document_id", "version", "place"])


def _receivers() -> None:
    op.create_table(
        "document_receiver",
        sa.Column("document_id", sa.String(36), primary_key=True),
        sa.Column("agency_code", sa.String(40), primary_key=True),
        sa.Column("from_agency", sa.String(40), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sendings", sa.Integer, nullable=False),
        sa.Column("content_version", sa.Integer, nullable=False),
        sa.Column("pending", sa.String(16)),
        sa.Column("superseded_by", sa.String(36)),
        sa.Column("due_on", sa.String(10)),
        sa.Column("replied_on", sa.String(10)),
        sa.Column("sent_at", UtcDateTime, nullable=False),
        sa.Column("status_at", UtcDateTime, nullable=False),
        sa.Column("read_seconds", sa.Integer),
    )
    op.create_index("document_receiver_inbox", "document_receiver", ["agency_code", "sent_at", "document_id"])
    op.create_index("document_receiver_sender", "document_receiver", ["from_agency", "sent_at"])
    op.create_table(
        "document_words",
        sa.Column("document_id", sa.String(36), primary_key=True),
        sa.Column("agency_code", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "document_about",
        sa.Column("application_id", sa.String(36), primary_key=True),
        sa.Column("document_id", sa.String(36), primary_key=True),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

"""Bills, demands, payments and their history, notices kept as evidence, books, receipts, refunds, reconciliations."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _owed()
    _payments()
    _books()
    _receipts()
    _refunds()
    _statements()


def _owed() -> None:
    op.create_table(
        "bill",
        sa.Column("application_id", sa.String(36), primary_key=True),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("procedure_code", sa.String(64), nullable=False),
        sa.Column("procedure_version", sa.Integer, nullable=False),
        sa.Column("agency_code", sa.String(64), nullable=False),
        sa.Column("applicant_id", sa.String(64), nullable=False),
        sa.Column("submitted_by", sa.String(64), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("quote", sa.JSON, nullable=False),
        sa.Column("pinned_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_bill_applicant_id", "bill", ["applicant_id"])
    op.create_table(
        "demand",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), sa.ForeignKey("bill.application_id"), nullable=False),
        sa.Column("origin", sa.String(160), nullable=False),
        sa.Column("collected_at", sa.String(16), nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("booked", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("legal_basis", sa.Text),
        sa.Column("payment_id", sa.String(36)),
        sa.Column("raised_at", UtcDateTime, nullable=False),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("closed_by", sa.String(64)),
        sa.UniqueConstraint("application_id", "origin"),
    )


def _payments() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), sa.ForeignKey("bill.application_id"), nullable=False),
        sa.Column("agency_code", sa.String(64), nullable=False),
        sa.Column("order_ref", sa.String(32), nullable=False, unique=True),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("demand_ids", sa.JSON, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("started_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("check_at", UtcDateTime),
        sa.Column("redirect_url", sa.Text),
        sa.Column("qr_payload", sa.Text),
        sa.Column("transaction_no", sa.String(64)),
        sa.Column("receipt_book_number", sa.String(64)),
        sa.Column("failure_code", sa.String(32)),
        sa.Column("settled_at", UtcDateTime),
        sa.Column("surplus", sa.Boolean, nullable=False),
        sa.Column("refunded", sa.BigInteger, nullable=False),
        sa.Column("reconciled_at", UtcDateTime),
        sa.UniqueConstraint("agency_code", "receipt_book_number"),
        sa.UniqueConstraint("method", "transaction_no"),
    )
    op.create_index("ix_payment_application_id", "payment", ["application_id"])
    op.create_index("ix_payment_state", "payment", ["state"])
    op.create_index("payment_to_check", "payment", ["check_at"])
    op.create_table(
        "payment_event",
        sa.Column("payment_id", sa.String(36), sa.ForeignKey("payment.id"), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("from_state", sa.String(24), nullable=False),
        sa.Column("to_state", sa.String(24), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_table(
        "notice",
        sa.Column("id", BigKey, primary_key=True, autoincrement=True),
        sa.Column("gateway", sa.String(16), nullable=False),
        sa.Column("order_ref", sa.String(120)),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("answer", sa.String(8)),
        sa.Column("verdict", sa.String(64)),
    )
    op.create_index("ix_notice_order_ref", "notice", ["order_ref"])


def _books() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", BigKey, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("subject_id", sa.String(36), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_ledger_entry_application_id", "ledger_entry", ["application_id"])
    op.create_index("ix_ledger_entry_subject_id", "ledger_entry", ["subject_id"])
    op.create_table(
        "ledger_row",
        sa.Column("entry_id", BigKey, sa.ForeignKey("ledger_entry.id"), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ledger_row_account", "ledger_row", ["account", "entry_id"])


def _receipts() -> None:
    op.create_table(
        "receipt_series",
        sa.Column("series", sa.String(80), primary_key=True),
        sa.Column("next_number", sa.Integer, nullable=False),
    )
    op.create_table(
        "receipt",
        sa.Column("payment_id", sa.String(36), sa.ForeignKey("payment.id"), primary_key=True),
        sa.Column("series", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("issued_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("series", "number"),
    )


def _refunds() -> None:
    op.create_table(
        "refund",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("payment_id", sa.String(36), sa.ForeignKey("payment.id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("returns_to", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("requested_by", sa.String(64), nullable=False),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("settled_at", UtcDateTime),
        sa.Column("check_at", UtcDateTime),
        sa.Column("last_answer", sa.String(200)),
    )
    op.create_index("ix_refund_payment_id", "refund", ["payment_id"])
    op.create_index("ix_refund_state", "refund", ["state"])


def _statements() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("gateway", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("statement", sa.JSON, nullable=False),
        sa.Column("outcome", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "reconciliation",
        "refund",
        "receipt",
        "receipt_series",
        "ledger_row",
        "ledger_entry",
        "notice",
        "payment_event",
        "payment",
        "demand",
        "bill",
    ):
        op.drop_table(table)

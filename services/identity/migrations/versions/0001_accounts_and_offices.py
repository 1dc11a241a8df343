"""Accounts, sessions, offices, delegations, the access log."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "account",
    "service_client",
    "sign_in_attempt",
    "sign_in_session",
    "refresh_token",
    "agency",
    "appointment",
    "delegation",
    "access_entry",
)


def upgrade() -> None:
    _people()
    _sessions()
    _offices()
    _delegations()
    _access_log()


def _people() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("username", sa.String(80), nullable=False, unique=True),
        sa.Column("citizen_number", sa.String(12), unique=True),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("birth_date", sa.Date),
        sa.Column("phone", sa.String(20)),
        sa.Column("email", sa.String(254)),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("password_changed_at", UtcDateTime, nullable=False),
        sa.Column("otp_sealed_secret", sa.Text),
        sa.Column("otp_pending_secret", sa.Text),
        sa.Column("otp_confirmed_at", UtcDateTime),
        sa.Column("otp_last_step", BigKey),
        sa.Column("registered_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "service_client",
        sa.Column("client_id", sa.String(80), primary_key=True),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("secret_changed_at", UtcDateTime, nullable=False),
    )


def _sessions() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("username_digest", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("delayed_until", UtcDateTime),
    )
    op.create_index("ix_sign_in_attempt_last_at", "sign_in_attempt", ["last_at"])
    op.create_table(
        "sign_in_session",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("last_used_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.Column("revoked_because", sa.String(40)),
    )
    op.create_index("ix_sign_in_session_account_id", "sign_in_session", ["account_id"])
    op.create_index("ix_sign_in_session_expires_at", "sign_in_session", ["expires_at"])
    op.create_table(
        "refresh_token",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("session_id", sa.String(36), sa.ForeignKey("sign_in_session.id"), nullable=False),
        sa.Column("issued_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
    )
    op.create_index("ix_refresh_token_session_id", "refresh_token", ["session_id"])


def _offices() -> None:
    op.create_table(
        "agency",
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent_code", sa.String(40), sa.ForeignKey("agency.code")),
        sa.Column("province_code", sa.String(10)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
    )
    op.create_table(
        "appointment",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("agency_code", sa.String(40), sa.ForeignKey("agency.code"), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("appointed_at", UtcDateTime, nullable=False),
        sa.Column("appointed_by", sa.String(80), nullable=False),
        sa.Column("dismissed_at", UtcDateTime),
        sa.Column("dismissed_by", sa.String(80)),
    )
    in_force = sa.text("dismissed_at IS NULL")
    op.create_index(
        "appointment_current",
        "appointment",
        ["account_id", "agency_code"],
        unique=True,
        postgresql_where=in_force,
        sqlite_where=in_force,
    )


def _delegations() -> None:
    op.create_table(
        "delegation",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("principal_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("delegate_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("scope", sa.JSON, nullable=False),
        sa.Column("granted_at", UtcDateTime, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.Column("revoked_by", sa.String(36)),
    )
    op.create_index("ix_delegation_principal_id", "delegation", ["principal_id"])
    op.create_index("ix_delegation_delegate_id", "delegation", ["delegate_id"])


def _access_log() -> None:
    op.create_table(
        "access_entry",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.String(120), nullable=False, unique=True),
        sa.Column("subject_id", sa.String(80), nullable=False),
        sa.Column("reader_id", sa.String(80), nullable=False),
        sa.Column("role", sa.String(40)),
        sa.Column("agency_code", sa.String(40)),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("application_id", sa.String(36)),
        sa.Column("reference", sa.String(80)),
        sa.Column("procedure_code", sa.String(80)),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("access_entry_of_subject", "access_entry", ["subject_id", "position"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

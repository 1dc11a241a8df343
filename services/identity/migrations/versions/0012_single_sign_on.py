"""Single sign-on for other portals."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _clients()
    _requests()
    _grants()
    _browsers()


def _clients() -> None:
    op.create_table(
        "openid_client",
        sa.Column("client_id", sa.String(36), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("secret_digest", sa.String(64)),
        sa.Column("previous_digest", sa.String(64)),
        sa.Column("previous_until", UtcDateTime),
        sa.Column("redirect_uris", sa.JSON, nullable=False),
        sa.Column("post_logout_redirect_uris", sa.JSON, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("sector", sa.String(255), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("requested_by", sa.String(80), nullable=False),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(80)),
        sa.Column("decided_at", UtcDateTime),
    )
    op.create_index("openid_client_state", "openid_client", ["state", "requested_at"])
    op.create_table(
        "openid_consent",
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("client_id", sa.String(36), sa.ForeignKey("openid_client.client_id"), primary_key=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("granted_at", UtcDateTime, nullable=False),
        sa.Column("withdrawn_at", UtcDateTime),
    )


def _requests() -> None:
    op.create_table(
        "authorization_request",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("binding_digest", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(36), sa.ForeignKey("openid_client.client_id"), nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("nonce", sa.Text),
        sa.Column("code_challenge", sa.String(43), nullable=False),
        sa.Column("prompts", sa.JSON, nullable=False),
        sa.Column("max_age", sa.Integer),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("session_id", sa.String(36)),
        sa.Column("code_digest", sa.String(64), unique=True),
        sa.Column("code_expires_at", UtcDateTime),
        sa.Column("code_used_at", UtcDateTime),
        sa.Column("grant_id", sa.String(36)),
        sa.Column("ended_at", UtcDateTime),
    )
    op.create_index("ix_authorization_request_expires_at", "authorization_request", ["expires_at"])


def _grants() -> None:
    op.create_table(
        "openid_grant",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("client_id", sa.String(36), sa.ForeignKey("openid_client.client_id"), nullable=False),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("signed_in_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("ended_because", sa.String(40)),
    )
    for column in ("account_id", "session_id", "expires_at"):
        op.create_index(f"ix_openid_grant_{column}", "openid_grant", [column])
    op.create_table(
        "openid_token",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("grant_id", sa.String(36), sa.ForeignKey("openid_grant.id"), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("issued_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
    )
    op.create_index("ix_openid_token_grant_id", "openid_token", ["grant_id"])


def _browsers() -> None:
    op.create_table(
        "browser_sign_in",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
    )
    for column in ("session_id", "made_at"):
        op.create_index(f"ix_browser_sign_in_{column}", "browser_sign_in", [column])
    op.create_table(
        "id_token_key",
        sa.Column("kid", sa.String(64), primary_key=True),
        sa.Column("sealed_secret", sa.Text, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("signs_from", UtcDateTime, nullable=False),
        sa.Column("retires_at", UtcDateTime),
    )


def downgrade() -> None:
    for table in (
        "id_token_key", "browser_sign_in", "openid_token", "openid_grant",
        "authorization_request", "openid_consent", "openid_client",
    ):  # fmt: skip
        op.drop_table(table)

"""The erasures this service was told of."""

from alembic import op

from infra.chassis.migrations import create_forgotten, drop_forgotten

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_forgotten(op)


def downgrade() -> None:
    drop_forgotten(op)

"""Statement lines, each taken once; receipt-book numbers compared as they are read, not as they were typed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "statement_line",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("gateway", sa.String(16), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("reconciliation_id", sa.String(36), nullable=False),
        sa.Column("transaction_no", sa.String(64)),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("kind", sa.String(32)),
        sa.Column("payment_id", sa.String(36)),
        sa.Column("surplus_payment_id", sa.String(36)),
        sa.Column("refund_id", sa.String(36), unique=True),
        sa.Column("booked_to", sa.String(16)),
        sa.Column("in_suspense", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("gateway", "identity"),
    )
    op.create_index("statement_line_number", "statement_line", ["gateway", "transaction_no"])
    op.create_index("statement_line_payment", "statement_line", ["payment_id"])
    op.add_column("payment", sa.Column("receipt_book_key", sa.String(64)))
    _fill_keys()
    op.create_index("payment_receipt_book", "payment", ["agency_code", "receipt_book_key"], unique=True)


def _fill_keys() -> None:
    """Of two numbers that read the same the earlier one has the key; the later one stays as it is."""
    connection, used = op.get_bind(), set()
    payment = sa.table("payment", *[sa.column(name) for name in ("id", "agency_code", "receipt_book_number")])
    numbered = sa.select(payment).where(payment.c.receipt_book_number.is_not(None)).order_by(sa.column("created_at"))
    for row in connection.execute(numbered).all():
        place = (row.agency_code, _key(row.receipt_book_number))
        if place[1] and place not in used:
            used.add(place)
            update = sa.text("UPDATE payment SET receipt_book_key = :key WHERE id = :id")
            connection.execute(update, {"key": place[1], "id": row.id})


def _key(number: str) -> str:
    """As ``order_references.typed_key`` made it of plain letters and digits when this was written."""
    key = "".join(sign for sign in number.upper() if sign.isascii() and sign.isalnum())
    return key.translate(str.maketrans("OIL", "011"))[:64]


def downgrade() -> None:
    op.drop_index("payment_receipt_book", "payment")
    with op.batch_alter_table("payment") as table:
        table.drop_column("receipt_book_key")
    op.drop_table("statement_line")

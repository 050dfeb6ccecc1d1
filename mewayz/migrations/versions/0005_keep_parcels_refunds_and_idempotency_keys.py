"""Keep parcels and refunds of orders, and the answers of requests with an Idempotency-Key"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ADDED = ("original_id", "fulfilments", "refunds", "holds_stock")


def upgrade() -> None:
    """Apply. What was placed here and not imported has taken its pieces from stock."""
    op.add_column("orders", sa.Column("original_id", sa.String(), nullable=True))
    op.add_column("orders", sa.Column("fulfilments", JSON_DOCUMENT, nullable=False, server_default="[]"))
    op.add_column("orders", sa.Column("refunds", JSON_DOCUMENT, nullable=False, server_default="[]"))
    op.add_column("orders", sa.Column("holds_stock", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE orders SET holds_stock = TRUE WHERE kind = 'sale' AND NOT demo AND source = ''")
    op.create_index("orders_original", "orders", ["original_id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("body", sa.String(64), nullable=False),
        sa.Column("claim", sa.String(24), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("answer", JSON_DOCUMENT, nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("idempotency_keys_expires", "idempotency_keys", ["expires_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("idempotency_keys")
    op.drop_index("orders_original", table_name="orders")
    for column in reversed(_ADDED):
        op.drop_column("orders", column)

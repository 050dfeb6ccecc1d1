"""Index the figures of orders"""

from collections.abc import Sequence

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_COLUMNS = ["placed_at", "kind", "status", "currency", "country", "customer_id", "subtotal"]


def upgrade() -> None:
    """Apply."""
    op.create_index("orders_figures", "orders", _COLUMNS)


def downgrade() -> None:
    """Undo."""
    op.drop_index("orders_figures", table_name="orders")

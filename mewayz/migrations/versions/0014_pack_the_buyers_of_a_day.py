"""Pack the buyers of a day, and add up products and states from their indexes alone"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MEASURES = ["gross", "returns", "orders", "units"]


def upgrade() -> None:
    """Apply. Days are packed when they are first asked for, so nothing is filled in here."""
    op.create_table(
        "buyers_by_day",
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("currency", "day"),
    )
    op.drop_index("sales_by_product_product_id", table_name="sales_by_product")
    op.create_index("sales_by_product_product_id", "sales_by_product", ["currency", "product_id", "day", "country", *_MEASURES])
    op.drop_index("sales_by_product_month_day", table_name="sales_by_product_month")
    op.create_index("sales_by_product_month_day", "sales_by_product_month", ["currency", "day", "product_id", *_MEASURES])
    op.drop_index("orders_status", table_name="orders")
    op.create_index("orders_status", "orders", ["status", "placed_at", "id", "kind"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("orders_status", table_name="orders")
    op.create_index("orders_status", "orders", ["status", "placed_at", "id"])
    op.drop_index("sales_by_product_month_day", table_name="sales_by_product_month")
    op.create_index("sales_by_product_month_day", "sales_by_product_month", ["currency", "day"])
    op.drop_index("sales_by_product_product_id", table_name="sales_by_product")
    op.create_index("sales_by_product_product_id", "sales_by_product", ["currency", "product_id", "day"])
    op.drop_table("buyers_by_day")

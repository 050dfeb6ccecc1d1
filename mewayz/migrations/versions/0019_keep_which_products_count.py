"""Keep of each product of an order whether it is part of the order's figures, or free in it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The lines of an order, a value of one, and the word for no.
_WORDS = {
    "sqlite": ("json_each(orders.lines)", "{line}.value ->> '$.{key}'", "0"),
    "postgresql": ("jsonb_array_elements(orders.lines)", "{line}.value ->> '{key}'", "false"),
}


def upgrade() -> None:
    """Apply: nearly every link counts, so only the others are looked for and written."""
    lines, value, no = _WORDS[op.get_bind().dialect.name]

    def of(line: str, key: str) -> str:
        return f"({value.format(line=line, key=key)})"

    def counts(line: str) -> str:
        signed = f"CAST({of(line, 'quantity')} AS INTEGER) * (CASE orders.kind WHEN 'sale' THEN 1 ELSE -1 END)"
        return f"({signed} > 0 AND CAST({of(line, 'unitPrice')} AS NUMERIC) > 0)"

    op.add_column("order_products", sa.Column("counts", sa.Boolean(), nullable=False, server_default=sa.true()))
    paid = f"SELECT 1 FROM {lines} AS other WHERE {of('other', 'productId')} = {of('one', 'productId')} AND {counts('other')}"  # noqa: S608
    free = (
        f"SELECT {of('one', 'productId')}, orders.id FROM orders CROSS JOIN {lines} AS one "  # noqa: S608
        f"WHERE {of('one', 'productId')} IS NOT NULL AND NOT {counts('one')} AND NOT EXISTS ({paid})"
    )
    op.execute(f"UPDATE order_products SET counts = {no} WHERE (product_id, order_id) IN ({free})")  # noqa: S608


def downgrade() -> None:
    """Undo."""
    op.drop_column("order_products", "counts")

"""Keep the currency in which a customer first bought, add up only what is in the currency of the shop; keep a guest's e-mail address"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FIRST = """
SELECT currency FROM orders
WHERE customer_id = customers.id AND placed_at = customers.first_order_at AND kind = 'sale' AND status <> 'cancelled' AND goods > 0
ORDER BY id LIMIT 1
"""

_COUNTS = "customer_id = customers.id AND status <> 'cancelled' AND currency = (SELECT currency FROM shop)"
_SPENT = f"SELECT COALESCE(SUM(CASE WHEN kind = 'sale' THEN total END), 0) FROM orders WHERE {_COUNTS}"  # noqa: S608
_RETURNED = f"SELECT COALESCE(SUM(CASE WHEN kind <> 'sale' THEN -total END), 0) FROM orders WHERE {_COUNTS}"  # noqa: S608
_ABROAD = "SELECT customer_id FROM orders WHERE currency <> (SELECT currency FROM shop) AND customer_id IS NOT NULL"


def upgrade() -> None:
    """Apply."""
    op.add_column("orders", sa.Column("guest_email", sa.String(), nullable=False, server_default=""))
    op.add_column("customers", sa.Column("first_currency", sa.String(), nullable=False, server_default=""))
    op.execute(f"UPDATE customers SET first_currency = COALESCE(({_FIRST}), '') WHERE first_order_at IS NOT NULL")  # noqa: S608
    op.execute(f"UPDATE customers SET total_spent = ({_SPENT}), total_returned = ({_RETURNED}) WHERE id IN ({_ABROAD})")  # noqa: S608


def downgrade() -> None:
    """Undo."""
    op.drop_column("customers", "first_currency")
    op.drop_column("orders", "guest_email")

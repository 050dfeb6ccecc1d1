"""Index what is searched"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from mewayz.backend.search import create_statements, drop_statements

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SEARCHED = {
    "users": ("name", "email"),
    "products": ("name", "sku", "category"),
    "customers": ("name", "email", "company", "reference"),
    "orders": ("number", "customer_name"),
}


def upgrade() -> None:
    """Apply. A PostgreSQL without pg_trgm goes on without the index: searches are right there too, only slower."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        if not connection.scalar(sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")):
            return
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for table, columns in SEARCHED.items():
        for statement in create_statements(connection.dialect.name, table, columns):
            op.execute(statement)


def downgrade() -> None:
    """Undo. The extension stays: others may use it."""
    for table in SEARCHED:
        for statement in drop_statements(op.get_bind().dialect.name, table):
            op.execute(statement)

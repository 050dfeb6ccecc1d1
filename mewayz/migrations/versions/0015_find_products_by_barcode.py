"""Find products by a barcode, their own or that of a variant; search one text of all columns on PostgreSQL"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from mewayz.backend.search import create_statements, drop_statements

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BEFORE = ("name", "sku", "category", "search_skus")
_AFTER = ("name", "sku", "category", "barcode", "variant_codes")
_OTHERS = {"users": ("name", "email"), "customers": ("name", "email", "company", "reference"), "orders": ("number", "customer_name")}
_EACH = {"sqlite": "json_each(variants)", "postgresql": "jsonb_array_elements(variants) AS one (value)"}
_JOINED = {"sqlite": "group_concat", "postgresql": "string_agg"}


def _fill(column: str, codes: str) -> None:
    """Write the `codes` of each variant of a product, in its order, into the product's own `column`."""
    dialect = op.get_bind().dialect.name
    joined = f"SELECT {_JOINED[dialect]}(NULLIF(TRIM({codes}), ''), ' ') FROM {_EACH[dialect]}"  # noqa: S608
    some = "variants <> '[]'"
    op.execute(f"UPDATE products SET {column} = COALESCE(({joined}), '') WHERE {some}")  # noqa: S608


def _index(columns: Sequence[str], *, there: bool) -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql" and not op.get_bind().scalar(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")):
        return
    tables = {"products": columns} if dialect == "sqlite" else {"products": columns, **_OTHERS}  # PostgreSQL's are of another form now
    for table, its in tables.items():
        for statement in create_statements(dialect, table, its) if there else drop_statements(dialect, table):
            op.execute(statement)


def upgrade() -> None:
    """Apply."""
    _index(_BEFORE, there=False)
    op.execute("ALTER TABLE products RENAME COLUMN search_skus TO variant_codes")
    _fill("variant_codes", "COALESCE(value ->> 'sku', '') || ' ' || COALESCE(value ->> 'barcode', '')")
    _index(_AFTER, there=True)


def downgrade() -> None:
    """Undo."""
    _index(_AFTER, there=False)
    op.execute("ALTER TABLE products RENAME COLUMN variant_codes TO search_skus")
    _fill("search_skus", "COALESCE(value ->> 'sku', '')")
    _index(_BEFORE, there=True)

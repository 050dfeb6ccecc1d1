"""Give products variants: options, combinations with a stock of their own in the ledger, and SKUs that nothing else has"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT
from mewayz.backend.search import create_statements, drop_statements

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SEARCHED = ("name", "sku", "category")
# The SKUs of products follow the products by themselves, however these are written; those of variants are written beside them.
_FOLLOW = {
    "sqlite": (
        "CREATE TRIGGER products_sku_insert AFTER INSERT ON products WHEN NEW.sku IS NOT NULL "
        "BEGIN INSERT INTO skus (sku, product_id) VALUES (NEW.sku, NEW.id); END",
        "CREATE TRIGGER products_sku_delete AFTER DELETE ON products BEGIN DELETE FROM skus WHERE product_id = OLD.id; END",
        "CREATE TRIGGER products_sku_update AFTER UPDATE OF sku ON products WHEN OLD.sku IS NOT NEW.sku BEGIN "
        "DELETE FROM skus WHERE product_id = OLD.id AND variant_id IS NULL; "
        "INSERT INTO skus (sku, product_id) SELECT NEW.sku, NEW.id WHERE NEW.sku IS NOT NULL; END",
    ),
    "postgresql": (
        "CREATE FUNCTION products_sku() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' THEN DELETE FROM skus WHERE product_id = OLD.id; RETURN NULL; END IF; "
        "IF TG_OP = 'UPDATE' THEN DELETE FROM skus WHERE product_id = OLD.id AND variant_id IS NULL; END IF; "
        "IF NEW.sku IS NOT NULL THEN INSERT INTO skus (sku, product_id) VALUES (NEW.sku, NEW.id); END IF; RETURN NULL; END $$",
        "CREATE TRIGGER products_sku_insert AFTER INSERT ON products FOR EACH ROW WHEN (NEW.sku IS NOT NULL) "
        "EXECUTE FUNCTION products_sku()",
        "CREATE TRIGGER products_sku_delete AFTER DELETE ON products FOR EACH ROW EXECUTE FUNCTION products_sku()",
        "CREATE TRIGGER products_sku_update AFTER UPDATE OF sku ON products FOR EACH ROW WHEN (OLD.sku IS DISTINCT FROM NEW.sku) "
        "EXECUTE FUNCTION products_sku()",
    ),
}
_TRIGGERS = ("products_sku_insert", "products_sku_delete", "products_sku_update")


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "products": (
            sa.Column("options", JSON_DOCUMENT, nullable=False, server_default="[]"),
            sa.Column("variants", JSON_DOCUMENT, nullable=False, server_default="[]"),
            sa.Column("search_skus", sa.String(), nullable=False, server_default=""),
        ),
        "stock_moves": (
            sa.Column("variant_id", sa.String(), nullable=True),
            sa.Column("variant", sa.String(), nullable=False, server_default=""),
        ),
    }


def _index_search(columns: Sequence[str]) -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql" and not bind.scalar(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")):
        return
    for statement in (*drop_statements(bind.dialect.name, "products"), *create_statements(bind.dialect.name, "products", columns)):
        op.execute(statement)


def upgrade() -> None:
    """Apply."""
    dialect = op.get_bind().dialect.name
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "skus",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("variant_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("sku"),
    )
    op.create_index("skus_product", "skus", ["product_id"])
    op.execute("INSERT INTO skus (sku, product_id) SELECT sku, id FROM products WHERE sku IS NOT NULL")
    for statement in _FOLLOW[dialect]:
        op.execute(statement)
    _index_search((*_SEARCHED, "search_skus"))


def downgrade() -> None:
    """Undo: products keep the sums of their variants, and these are lost."""
    _index_search(_SEARCHED)
    on_table = " ON products" if op.get_bind().dialect.name == "postgresql" else ""
    for name in _TRIGGERS:
        op.execute(f"DROP TRIGGER {name}{on_table}")
    if on_table:
        op.execute("DROP FUNCTION products_sku()")
    op.drop_table("skus")
    for table, columns in _columns().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)

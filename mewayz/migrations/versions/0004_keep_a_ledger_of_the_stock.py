"""Keep a ledger of the stock; products have slugs, images, a visibility and a moment from which they are for sale"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.domains.products.slugs import slug_of

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Until now orders took pieces without a word: what is ordered and has not left becomes a reservation.
_RESERVED = {
    "sqlite": """
        CREATE TEMP TABLE open_pieces AS
        SELECT line.value ->> 'productId' AS product_id, CAST(sum(line.value ->> 'quantity') AS INTEGER) AS pieces
        FROM orders, json_each(orders.lines) AS line
        WHERE orders.status IN ('pending', 'confirmed', 'processing') AND orders.kind = 'sale' AND line.value ->> 'productId' IS NOT NULL
        GROUP BY 1""",
    "postgresql": """
        CREATE TEMP TABLE open_pieces ON COMMIT DROP AS
        SELECT line ->> 'productId' AS product_id, CAST(sum((line ->> 'quantity')::bigint) AS INTEGER) AS pieces
        FROM orders, jsonb_array_elements(orders.lines) AS line
        WHERE orders.status IN ('pending', 'confirmed', 'processing') AND orders.kind = 'sale' AND line ->> 'productId' IS NOT NULL
        GROUP BY 1""",
}
_OPENING = """
    INSERT INTO stock_moves (id, product_id, at, delta, balance, reason, note, actor_id, actor_name)
    SELECT id, id, created_at, stock + reserved, stock + reserved, 'receipt', 'Opening stock', '', ''
    FROM products WHERE stock + reserved <> 0"""
_RESERVING = """
    INSERT INTO stock_moves (id, product_id, at, delta, balance, reason, note, actor_id, actor_name)
    SELECT '~' || substr(id, 2), id, updated_at, -reserved, stock, 'reservation', 'Open orders', '', ''
    FROM products WHERE reserved <> 0"""
_SLUGS = """
    UPDATE products SET slug = found.slug FROM (
        SELECT id, CASE WHEN place = 1 THEN slug ELSE substr(slug, 1, 75) || '-' || id END AS slug FROM (
            SELECT id, {slug} AS slug, row_number() OVER (PARTITION BY {slug} ORDER BY created_at, id) AS place FROM products
        ) AS numbered WHERE slug <> ''
    ) AS found WHERE found.id = products.id"""
_SLUG = {
    "sqlite": "slug_of(name)",
    "postgresql": r"""trim('-' from left(trim('-' from
        regexp_replace(lower(regexp_replace(normalize(name, NFKD), '[\u0300-\u036f]', '', 'g')), '[^a-z0-9]+', '-', 'g')), 100))""",
}
# A ledger is only ever added to. What it says of a product may go when the product itself has gone.
_GUARD = {
    "sqlite": (
        "CREATE TRIGGER stock_moves_stay BEFORE UPDATE ON stock_moves "
        "BEGIN SELECT RAISE(ABORT, 'the ledger of the stock is not changed'); END",
        "CREATE TRIGGER stock_moves_remain BEFORE DELETE ON stock_moves WHEN EXISTS (SELECT 1 FROM products WHERE id = OLD.product_id) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger of the stock is not changed'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION stock_moves_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM products WHERE id = OLD.product_id) THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'the ledger of the stock is not changed'; END $$",
        "CREATE TRIGGER stock_moves_stay BEFORE UPDATE OR DELETE ON stock_moves FOR EACH ROW EXECUTE FUNCTION stock_moves_stay()",
    ),
}


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("slug", sa.String(), nullable=True),
        sa.Column("images", JSON_DOCUMENT, nullable=False, server_default="[]"),
        sa.Column("visibility", sa.String(), nullable=False, server_default="visible"),
        sa.Column("publish_at", UtcTime(), nullable=True),
        sa.Column("reserved", sa.Integer(), nullable=False, server_default="0"),
    )


def _run(statement: str) -> None:
    op.execute(sa.text(statement.replace(":", r"\:")))


def upgrade() -> None:
    """Apply."""
    bind = op.get_bind()
    dialect = bind.dialect.name
    for column in _columns():
        op.add_column("products", column)
    op.create_table(
        "stock_moves",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    if dialect == "sqlite":
        connection: Any = bind.connection.driver_connection
        connection.create_function("slug_of", 1, slug_of, deterministic=True)
    _run(_RESERVED[dialect])
    _run("UPDATE products SET reserved = pieces FROM open_pieces WHERE product_id = products.id")
    _run("DROP TABLE open_pieces")
    _run(_OPENING)
    _run(_RESERVING)
    _run(_SLUGS.format(slug=_SLUG[dialect]))
    op.create_index("stock_moves_product", "stock_moves", ["product_id", "at", "id"])
    op.create_index("products_slug", "products", ["slug"], unique=True)
    for statement in _GUARD[dialect]:
        _run(statement)


def downgrade() -> None:
    """Undo: the numbers stay, where they come from is lost."""
    op.drop_table("stock_moves")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION stock_moves_stay()")
    op.drop_index("products_slug", "products")
    for column in reversed(_columns()):
        op.drop_column("products", column.name)

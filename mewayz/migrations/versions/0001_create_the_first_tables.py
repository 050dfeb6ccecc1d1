"""Create the first tables"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.counts import Counted, counting_statements
from mewayz.backend.money import MoneyType

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTED = {
    "users": ("role", "plan", "status"),
    "products": ("status", "category"),
    "customers": ("status", "country"),
    "orders": ("kind", "status", "payment_status"),
}

TABLES = (
    "audit_log",
    "credentials",
    "customers",
    "kept_counts",
    "orders",
    "products",
    "sales_by_country",
    "sales_by_customer",
    "sales_by_day",
    "sales_by_product",
    "sales_by_product_month",
    "sequences",
    "sessions",
    "shop",
    "users",
    "order_products",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_log",
        sa.Column("seq", SEQ, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("risk", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("details", JSON_DOCUMENT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("audit_log_position", "audit_log", ["position"], unique=True)
    op.create_index("audit_log_target", "audit_log", ["target"], unique=False)

    op.create_table(
        "credentials",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tags", JSON_DOCUMENT, nullable=False),
        sa.Column("address", JSON_DOCUMENT, nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("orders_count", sa.Integer(), nullable=False),
        sa.Column("total_spent", MoneyType(), nullable=False),
        sa.Column("total_returned", MoneyType(), nullable=False),
        sa.Column("first_order_at", UtcTime(), nullable=True),
        sa.Column("last_order_at", UtcTime(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index("customers_country", "customers", ["country", "created_at", "id"], unique=False)
    op.create_index("customers_created", "customers", ["created_at", "id"], unique=False)
    op.create_index("customers_first_order", "customers", ["first_order_at"], unique=False)
    op.create_index("customers_name", "customers", ["name", "id"], unique=False)
    op.create_index("customers_orders", "customers", ["orders_count", "id"], unique=False)
    op.create_index("customers_spent", "customers", ["total_spent", "id"], unique=False)
    op.create_index("customers_status", "customers", ["status", "created_at", "id"], unique=False)

    op.create_table(
        "kept_counts",
        sa.Column("seq", SEQ, autoincrement=True, nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("k0", sa.Text(), server_default="", nullable=False),
        sa.Column("k1", sa.Text(), server_default="", nullable=False),
        sa.Column("k2", sa.Text(), server_default="", nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("kept_counts_noun", "kept_counts", ["noun", "k0", "k1", "k2"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("payment_status", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("customer_name", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("subtotal", MoneyType(), nullable=False),
        sa.Column("discount", MoneyType(), nullable=False),
        sa.Column("tax", MoneyType(), nullable=False),
        sa.Column("shipping", MoneyType(), nullable=False),
        sa.Column("total", MoneyType(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("lines", JSON_DOCUMENT, nullable=False),
        sa.Column("shipping_address", JSON_DOCUMENT, nullable=False),
        sa.Column("billing_address", JSON_DOCUMENT, nullable=False),
        sa.Column("timeline", JSON_DOCUMENT, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("placed_at", UtcTime(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("orders_country", "orders", ["country", "placed_at", "id"], unique=False)
    op.create_index("orders_created", "orders", ["created_at", "id"], unique=False)
    op.create_index("orders_customer", "orders", ["customer_id", "placed_at", "id"], unique=False)
    op.create_index("orders_owner", "orders", ["owner_id", "placed_at", "id"], unique=False)
    op.create_index("orders_payment", "orders", ["payment_status", "placed_at", "id"], unique=False)
    op.create_index("orders_placed", "orders", ["placed_at", "id"], unique=False)
    op.create_index("orders_status", "orders", ["status", "placed_at", "id"], unique=False)
    op.create_index("orders_total", "orders", ["total", "id"], unique=False)

    op.create_table(
        "products",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("short_description", sa.String(), nullable=False),
        sa.Column("barcode", sa.String(), nullable=False),
        sa.Column("price", MoneyType(), nullable=False),
        sa.Column("compare_at_price", MoneyType(), nullable=True),
        sa.Column("cost", MoneyType(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("tags", JSON_DOCUMENT, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("low_stock_threshold", sa.Integer(), nullable=False),
        sa.Column("track_inventory", sa.Boolean(), nullable=False),
        sa.Column("allow_backorders", sa.Boolean(), nullable=False),
        sa.Column("creator_id", sa.String(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sku"),
    )
    op.create_index("products_category", "products", ["category", "created_at", "id"], unique=False)
    op.create_index("products_created", "products", ["created_at", "id"], unique=False)
    op.create_index("products_creator", "products", ["creator_id", "created_at", "id"], unique=False)
    op.create_index("products_name", "products", ["name", "id"], unique=False)
    op.create_index("products_price", "products", ["price", "id"], unique=False)
    op.create_index("products_status", "products", ["status", "created_at", "id"], unique=False)
    op.create_index("products_stock", "products", ["stock", "id"], unique=False)
    op.create_index("products_updated", "products", ["updated_at", "id"], unique=False)

    op.create_table(
        "sales_by_country",
        sa.Column("seq", SEQ, autoincrement=True, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("returns", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("sales_by_country_day", "sales_by_country", ["currency", "day"], unique=False)

    op.create_table(
        "sales_by_customer",
        sa.Column("seq", SEQ, autoincrement=True, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("returns", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("sales_by_customer_day", "sales_by_customer", ["currency", "day"], unique=False)

    op.create_table(
        "sales_by_day",
        sa.Column("seq", SEQ, autoincrement=True, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("returns", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("sales_by_day_day", "sales_by_day", ["currency", "day"], unique=False)

    op.create_table(
        "sales_by_product",
        sa.Column("seq", SEQ, autoincrement=True, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("returns", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("sales_by_product_day", "sales_by_product", ["currency", "day"], unique=False)

    op.create_table(
        "sales_by_product_month",
        sa.Column("seq", SEQ, autoincrement=True, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("returns", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("sales_by_product_month_day", "sales_by_product_month", ["currency", "day"], unique=False)

    op.create_table(
        "sequences",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("sessions_expires", "sessions", ["expires_at"], unique=False)
    op.create_index("sessions_user", "sessions", ["user_id"], unique=False)

    op.create_table(
        "shop",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("options", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("last_login_at", UtcTime(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_index("users_created", "users", ["created_at", "id"], unique=False)
    op.create_index("users_name", "users", ["name", "id"], unique=False)
    op.create_index("users_role", "users", ["role", "created_at", "id"], unique=False)
    op.create_index("users_status", "users", ["status", "created_at", "id"], unique=False)

    op.create_table(
        "order_products",
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "order_id"),
        sqlite_with_rowid=False,
    )
    dialect = op.get_bind().dialect.name
    for table, columns in COUNTED.items():
        for statement in counting_statements(dialect, Counted(table, columns, table)):
            op.execute(sa.text(statement.replace(":", r"\:")))
    if dialect == "postgresql":
        op.execute("CREATE SEQUENCE orders_number START 1001")


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SEQUENCE orders_number")
        for table in COUNTED:
            for verb in ("insert", "delete", "update"):
                op.execute(f"DROP FUNCTION {table}_count_{verb}() CASCADE")
    for table in reversed(TABLES):
        op.drop_table(table)

"""Give customers several addresses, notes, segments, and what finds and merges duplicates"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.domains.customers.addresses import listed
from mewayz.domains.customers.identity import identity_keys

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BATCH = 1_000
_SAME = ("email", "phone", "name")
_KEYS = tuple(f"{name}_key" for name in _SAME)
_INDEXES = {
    "customers_source": ["source", "created_at", "id"],
    "customers_last_order": ["last_order_at"],
    **{f"customers_same_{name}": [f"{name}_key"] for name in _SAME},
}


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("addresses", JSON_DOCUMENT, nullable=False, server_default="[]"),
        sa.Column("marketing_consent", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("marketing_consent_at", UtcTime(), nullable=True),
        *(sa.Column(key, sa.String(), nullable=False, server_default="") for key in _KEYS),
    )


def _document(*more: sa.schema.SchemaItem) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        *more,
        sa.PrimaryKeyConstraint("id"),
    ]


def upgrade() -> None:
    """Apply. The one address of each customer becomes the first of their list."""
    for column in _columns():
        op.add_column("customers", column)
    _fill()
    for name, columns in _INDEXES.items():
        op.create_index(name, "customers", columns)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX customers_tags_search ON customers USING gin (tags)")

    op.create_table(
        "customer_notes",
        *_document(
            sa.Column("customer_id", sa.String(), nullable=False),
            sa.Column("author_id", sa.String(), nullable=False),
            sa.Column("author_name", sa.String(), nullable=False),
            sa.Column("text", sa.String(), nullable=False),
            sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], ondelete="CASCADE"),
        ),
    )
    op.create_index("customer_notes_customer", "customer_notes", ["customer_id", "created_at", "id"])
    op.create_table(
        "customer_segments",
        *_document(
            sa.Column("name", sa.String(), nullable=False),
            sa.Column("slug", sa.String(), nullable=False),
            sa.Column("query", sa.String(), nullable=False),
            sa.Column("shared", sa.Boolean(), nullable=False),
            sa.Column("owner_id", sa.String(), nullable=False),
            sa.Column("owner_name", sa.String(), nullable=False),
            sa.UniqueConstraint("slug"),
        ),
    )
    op.create_index("customer_segments_owner", "customer_segments", ["owner_id"])
    op.create_index("customer_segments_shared", "customer_segments", ["shared"])
    op.create_table(
        "customer_merges",
        *_document(
            sa.Column("kept_id", sa.String(), nullable=False),
            sa.Column("removed_id", sa.String(), nullable=False),
            sa.Column("removed", JSON_DOCUMENT, nullable=False),
            sa.Column("before", JSON_DOCUMENT, nullable=False),
            sa.Column("after", JSON_DOCUMENT, nullable=False),
            sa.Column("moved_notes", JSON_DOCUMENT, nullable=False),
            sa.Column("added_note", sa.String(), nullable=False),
            sa.Column("moved", sa.Integer(), nullable=False),
            sa.Column("by_name", sa.String(), nullable=False),
            sa.Column("undone_at", UtcTime(), nullable=True),
        ),
    )
    op.create_index("customer_merges_kept", "customer_merges", ["kept_id", "created_at"])
    op.create_index("customer_merges_created", "customer_merges", ["created_at"])
    op.create_table(
        "moved_orders",
        sa.Column("merge_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("customer_name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("merge_id", "order_id"),
        sa.ForeignKeyConstraint(["merge_id"], ["customer_merges.id"], ondelete="CASCADE"),
    )


def _fill() -> None:
    """Addresses and keys of the customers that there are; neither is a change that somebody made."""
    names = ("id", "name", "email", "phone", "country")
    table = sa.table(
        "customers",
        *(sa.column(name, sa.String()) for name in (*names, *_KEYS)),
        *(sa.column(name, JSON_DOCUMENT) for name in ("address", "addresses")),
    )
    asked = sa.select(*(table.c[name] for name in names), table.c.address).order_by(table.c.id).limit(_BATCH)
    written = (
        sa.update(table).where(table.c.id == sa.bindparam("id_")).values({name: sa.bindparam(f"{name}_") for name in ("addresses", *_KEYS)})
    )
    connection, last = op.get_bind(), ""
    while rows := connection.execute(asked.where(table.c.id > last)).mappings().all():
        values: list[dict[str, Any]] = []
        for row in rows:
            keys = identity_keys(name=row["name"], email=row["email"], phone=row["phone"], country=row["country"])
            addresses = listed(row["address"] or {"country": row["country"]})
            values.append({"id_": row["id"], "addresses_": addresses, **{f"{name}_": value for name, value in keys.items()}})
        connection.execute(written, values)
        last = rows[-1]["id"]


def downgrade() -> None:
    """Undo. The default address of each customer stays, and the notes of timelines are lost."""
    for table in ("moved_orders", "customer_merges", "customer_segments", "customer_notes"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX customers_tags_search")
    for name in _INDEXES:
        op.drop_index(name, "customers")
    for column in reversed(_columns()):
        op.drop_column("customers", column.name)

"""Keep saved views of lists, and for a day what rows were before a change in bulk"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


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
    """Apply."""
    op.create_table(
        "views",
        *_document(
            sa.Column("owner_id", sa.String(), nullable=False),
            sa.Column("noun", sa.String(), nullable=False),
            sa.Column("name", sa.String(), nullable=False),
            sa.Column("query", sa.String(), nullable=False),
            sa.Column("columns", JSON_DOCUMENT, nullable=False),
            sa.Column("density", sa.String(), nullable=False),
            sa.Column("shared", sa.Boolean(), nullable=False),
            sa.ForeignKeyConstraint(["owner_id"], ["users.id"], ondelete="CASCADE"),
        ),
    )
    op.create_index("views_owner", "views", ["owner_id", "noun", "name"], unique=True)
    op.create_index("views_noun", "views", ["noun", "shared"])
    op.create_table(
        "bulk_changes",
        *_document(
            sa.Column("noun", sa.String(), nullable=False),
            sa.Column("actor_id", sa.String(), nullable=False),
            sa.Column("former", JSON_DOCUMENT, nullable=False),
            sa.Column("expires_at", UtcTime(), nullable=False),
        ),
    )
    op.create_index("bulk_changes_expires", "bulk_changes", ["expires_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("bulk_changes")
    op.drop_table("views")

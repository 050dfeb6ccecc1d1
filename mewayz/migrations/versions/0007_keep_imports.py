"""Keep what imports have done, so that one can be taken back"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "imports",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("noun", "file_name", "status", "actor_id", "actor_name")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("created", "updated", "unchanged", "failed")),
        sa.Column("problems", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("imports_noun", "imports", ["noun", "created_at", "id"])
    op.create_table(
        "import_rows",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.String(24), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(24), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("former", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("import_rows_batch", "import_rows", ["batch_id", "noun", "document_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("import_rows")
    op.drop_table("imports")

"""Keep links to figures, and reports that are sent by mail"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime

revision: str = "0012"
down_revision: str | None = "0011"
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
        "shares",
        *_document(
            sa.Column("owner_id", sa.String(), nullable=False),
            sa.Column("token_hash", sa.String(), nullable=False),
            sa.Column("path", sa.String(), nullable=False),
            sa.Column("query", sa.String(), nullable=False),
            sa.Column("pieces", JSON_DOCUMENT, nullable=False),
            sa.Column("expires_at", UtcTime(), nullable=False),
            sa.ForeignKeyConstraint(["owner_id"], ["users.id"], ondelete="CASCADE"),
            sa.UniqueConstraint("token_hash"),
        ),
    )
    op.create_index("shares_owner", "shares", ["owner_id"])
    op.create_index("shares_expires", "shares", ["expires_at"])
    op.create_table(
        "reports",
        *_document(
            sa.Column("owner_id", sa.String(), nullable=False),
            sa.Column("every", sa.String(), nullable=False),
            sa.Column("hour", sa.Integer(), nullable=False),
            sa.Column("weekday", sa.Integer(), nullable=False),
            sa.Column("recipients", JSON_DOCUMENT, nullable=False),
            sa.Column("next_at", UtcTime(), nullable=False),
            sa.Column("last_at", UtcTime(), nullable=True),
            sa.ForeignKeyConstraint(["owner_id"], ["users.id"], ondelete="CASCADE"),
        ),
    )
    op.create_index("reports_owner", "reports", ["owner_id"])
    op.create_index("reports_next", "reports", ["next_at"])
    op.create_table(
        "report_letters",
        *_document(
            sa.Column("report_id", sa.String(), nullable=False),
            sa.Column("user_id", sa.String(), nullable=False),
            sa.Column("due_at", UtcTime(), nullable=False),
            sa.Column("try_at", UtcTime(), nullable=False),
            sa.Column("tries", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["report_id"], ["reports.id"], ondelete="CASCADE"),
            sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        ),
    )
    op.create_index("report_letters_once", "report_letters", ["report_id", "user_id", "due_at"], unique=True)
    op.create_index("report_letters_try", "report_letters", ["try_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("report_letters")
    op.drop_table("reports")
    op.drop_table("shares")

"""Keep second factors, passkeys, known devices and one-time tickets; sessions renew themselves"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime

revision: str = "0002"
down_revision: str | None = "0001"
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


def _of_user(column: str = "user_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["users.id"], ondelete="CASCADE")


def _user_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("email_verified_at", UtcTime(), nullable=True),
        sa.Column("two_factor", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("two_factor_required", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("wished_plan", sa.String(), nullable=False, server_default=""),
        sa.Column("marketing_consent", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("terms_accepted_at", UtcTime(), nullable=True),
        sa.Column("invited_at", UtcTime(), nullable=True),
        sa.Column("preferences", JSON_DOCUMENT, nullable=False, server_default="{}"),
        sa.Column("sessions_from", UtcTime(), nullable=True),
    )


def upgrade() -> None:
    """Apply. Open sessions end: they have no refresh token."""
    for column in _user_columns():
        op.add_column("users", column)
    op.add_column("shop", sa.Column("two_factor_for", sa.String(), nullable=False, server_default=""))

    op.drop_table("sessions")
    op.create_table(
        "sessions",
        *_document(
            sa.Column("user_id", sa.String(), nullable=False),
            sa.Column("refresh_hash", sa.String(), nullable=False),
            sa.Column("previous_hash", sa.String(), nullable=False),
            sa.Column("rotated_at", UtcTime(), nullable=False),
            sa.Column("expires_at", UtcTime(), nullable=False),
            sa.Column("ends_at", UtcTime(), nullable=False),
            sa.Column("last_used_at", UtcTime(), nullable=False),
            sa.Column("proven_at", UtcTime(), nullable=False),
            sa.Column("remembered", sa.Boolean(), nullable=False),
            sa.Column("method", sa.String(), nullable=False),
            sa.Column("viewing_as", sa.String(), nullable=False),
            sa.Column("address", sa.String(), nullable=False),
            sa.Column("agent", sa.String(), nullable=False),
            _of_user(),
        ),
    )
    op.create_index("sessions_user", "sessions", ["user_id"])
    op.create_index("sessions_expires", "sessions", ["expires_at"])

    op.create_table(
        "tickets",
        *_document(
            sa.Column("kind", sa.String(), nullable=False),
            sa.Column("subject", sa.String(), nullable=False),
            sa.Column("user_id", sa.String(), nullable=True),
            sa.Column("token_hash", sa.String(), nullable=False),
            sa.Column("expires_at", UtcTime(), nullable=False),
            sa.Column("data", JSON_DOCUMENT, nullable=False),
            sa.UniqueConstraint("token_hash"),
            _of_user(),
        ),
    )
    op.create_index("tickets_user", "tickets", ["user_id", "kind"])
    op.create_index("tickets_subject", "tickets", ["subject", "kind"])
    op.create_index("tickets_expires", "tickets", ["expires_at"])

    op.create_table(
        "totp",
        *_document(
            sa.Column("secret", sa.String(), nullable=False),
            sa.Column("confirmed_at", UtcTime(), nullable=True),
            sa.Column("last_step", sa.BigInteger(), nullable=False),
            _of_user("id"),
        ),
    )
    op.create_table(
        "backup_codes",
        *_document(sa.Column("user_id", sa.String(), nullable=False), sa.Column("code_hash", sa.String(), nullable=False), _of_user()),
    )
    op.create_index("backup_codes_user", "backup_codes", ["user_id"])
    op.create_table(
        "passkeys",
        *_document(
            sa.Column("user_id", sa.String(), nullable=False),
            sa.Column("name", sa.String(), nullable=False),
            sa.Column("credential_id", sa.String(), nullable=False),
            sa.Column("public_key", sa.LargeBinary(), nullable=False),
            sa.Column("sign_count", sa.BigInteger(), nullable=False),
            sa.Column("transports", JSON_DOCUMENT, nullable=False),
            sa.Column("last_used_at", UtcTime(), nullable=True),
            sa.UniqueConstraint("credential_id"),
            _of_user(),
        ),
    )
    op.create_index("passkeys_user", "passkeys", ["user_id"])
    op.create_table(
        "devices",
        *_document(
            sa.Column("user_id", sa.String(), nullable=False),
            sa.Column("token_hash", sa.String(), nullable=False),
            sa.Column("last_seen_at", UtcTime(), nullable=False),
            sa.Column("agent", sa.String(), nullable=False),
            _of_user(),
        ),
    )
    op.create_index("devices_user", "devices", ["user_id", "token_hash"], unique=True)


def downgrade() -> None:
    """Undo. Open sessions end."""
    for table in ("devices", "passkeys", "backup_codes", "totp", "tickets", "sessions"):
        op.drop_table(table)
    op.create_table(
        "sessions",
        *_document(
            sa.Column("user_id", sa.String(), nullable=False),
            sa.Column("token_hash", sa.String(), nullable=False),
            sa.Column("expires_at", UtcTime(), nullable=False),
            sa.Column("remembered", sa.Boolean(), nullable=False),
            sa.Column("address", sa.String(), nullable=False),
            sa.Column("agent", sa.String(), nullable=False),
            sa.UniqueConstraint("token_hash"),
        ),
    )
    op.create_index("sessions_user", "sessions", ["user_id"])
    op.create_index("sessions_expires", "sessions", ["expires_at"])
    op.drop_column("shop", "two_factor_for")
    for column in reversed(_user_columns()):
        op.drop_column("users", column.name)

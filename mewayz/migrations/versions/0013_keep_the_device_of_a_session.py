"""Keep the device of a session"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply. Of sessions that are open it is not known; their devices are forgotten with the others."""
    op.add_column("sessions", sa.Column("device_id", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Undo."""
    op.drop_column("sessions", "device_id")

"""Keep how many sales are in which state, by the day on which they were placed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from mewayz.backend.counts import Counted, counting_statements, filling_statement

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOUN = "orders_by_day"
_DAYS = {"sqlite": "substr({row}placed_at, 1, 10)", "postgresql": "to_char({row}placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"}
_VERBS = ("insert", "delete", "update")


def upgrade() -> None:
    """Apply."""
    dialect = op.get_bind().dialect.name
    columns, keys = ("status", "placed_at", "kind", "currency"), ("{row}status", _DAYS[dialect], "{row}currency")
    counted = Counted("orders", columns, _NOUN, keys, only="{row}kind = 'sale'")
    for statement in (*counting_statements(dialect, counted), filling_statement(counted)):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    """Undo."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for verb in _VERBS:
        op.execute(f"DROP FUNCTION {_NOUN}_count_{verb}() CASCADE" if postgres else f"DROP TRIGGER {_NOUN}_count_{verb}")
    op.execute(f"DELETE FROM kept_counts WHERE noun = '{_NOUN}'")  # noqa: S608

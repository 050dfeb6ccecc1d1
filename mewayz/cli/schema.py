"""Which schema the database has, and which one this version needs."""

from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import text

from mewayz import migrations
from mewayz.backend.database import Database
from mewayz.backend.errors import ConfigError

_TABLE = {
    True: text("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"),
    False: text("SELECT to_regclass('alembic_version')::text"),
}
_REVISION = text("SELECT version_num FROM alembic_version")


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(Path(migrations.__file__).parent))


def newest() -> str:
    """The revision that this version needs."""
    return _scripts().get_current_head() or ""


def known() -> set[str]:
    """Every revision that this version can bring to the newest."""
    return {script.revision for script in _scripts().walk_revisions()}


async def revision_of(database: Database) -> str | None:
    """The revision of a database, None when it has no schema."""
    if not await database.value(_TABLE[database.sqlite]):
        return None
    return await database.value(_REVISION)


async def require_current(database: Database) -> None:
    """Refuse to read a database of another version.

    Raises:
        ConfigError: its schema is not the one of this version.
    """
    found = await revision_of(database)
    if found == newest():
        return
    if found in known() or found is None:
        raise ConfigError("The database does not have the schema of this version yet. Run `mewayz migrate`.")
    raise ConfigError("The database belongs to a newer Mewayz. Install that version, or restore a backup of this one.")

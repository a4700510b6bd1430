"""Brings a database to this version's schema: all revisions in one transaction, so whoever is killed leaves it as it was.

Nodes that start at the same time wait for each other. A new version migrates while the old one still runs on other nodes, so
a revision only adds (a column with a default, a table); what is no longer used is taken away by a version after that.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from server.store.failures import SchemaTooNew

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x6D7463  # any number, the same in all versions


def migrate(connection: sa.Connection) -> None:
    """In the caller's transaction. Raises SchemaTooNew."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    if not known.issuperset(found):
        raise SchemaTooNew(
            f"The database was changed by a newer version of Microteach (its schema is {', '.join(found)}). "
            "Start that version, or restore the backup that was made before the upgrade."
        )
    command.upgrade(config, "head")

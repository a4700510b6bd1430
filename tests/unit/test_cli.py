"""The command starts without what only some of its commands need: all processes begin with it, and each health check does."""

import subprocess
import sys
from pathlib import Path

from server.rehearsal.cast import MOST as NAMES
from server.rehearsal.command import MOST

ROOT = Path(__file__).parents[2]
HEAVY = {"aiohttp", "sqlalchemy", "alembic", "cryptography", "av", "aiortc", "jinja2", "redis", "obstore", "numpy", "PIL"}


def test_the_command_loads_no_library_that_it_may_not_need() -> None:
    program = "import sys, server.cli; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


def test_the_help_names_as_many_people_as_there_are() -> None:
    assert MOST == NAMES

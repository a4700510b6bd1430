"""What went wrong between the store and its database, in the words that callers know: an OperationalError was not saved.

A database across a network fails in more ways than a file: it is away, it is busy, or it went away while it was asked to commit.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# SQLSTATEs, or classes of them: https://www.postgresql.org/docs/current/errcodes-appendix.html
AWAY: Final = ("08", "57P", "25006", "53300", "28", "3D")  # 25006: a server that is only a copy now
BUSY: Final = ("40", "53", "55P03", "57014", "58", "XX")


WORDS: Final = {
    "28": "it refuses this name and password",
    "3D": "there is no database of this name",
    "25006": "it is only a copy, which cannot be written to",
    "53300": "it has no connection left: raise its max_connections",
    "57P03": "it is starting",
}


class NotSaved(OperationalError):
    """It did not happen; the next try may."""

    def __init__(self, why: str) -> None:
        super().__init__(None, None, Exception(f"the database: {why}"), hide_parameters=True)
        self.why = why


class Unreachable(NotSaved):
    """The database was away."""


class Doubtful(NotSaved):
    """The database went away while it committed: it has happened or it has not, and nobody can say which without looking."""


class SchemaTooNew(Exception):
    """The database was migrated by a newer version."""


def failure_of(error: BaseException) -> NotSaved | None:
    """What this error of PostgreSQL means; None if the statement itself was wrong. Never says what was written."""
    if isinstance(error, NotSaved):
        return error
    if isinstance(error, PoolTimeoutError):
        return Unreachable("all of our connections are in use")
    if isinstance(error, ConnectionError | TimeoutError):
        return Unreachable("it does not answer")
    state = sqlstate(error)
    if state.startswith(BUSY) and not state.startswith(AWAY):
        return NotSaved(f"it is busy, or its disk is full (SQLSTATE {state})")
    if state.startswith(AWAY):
        return Unreachable(
            next((words for start, words in WORDS.items() if state.startswith(start)), f"it takes no commands (SQLSTATE {state})")
        )
    if isinstance(error, DBAPIError) and (error.connection_invalidated or isinstance(error, InterfaceError)):
        return Unreachable("the connection was lost")
    return None


def sqlstate(error: BaseException | None) -> str:
    """Five characters where the server itself has answered, else empty."""
    seen = 0
    while error is not None and seen < 5:
        state = getattr(error, "sqlstate", None)
        if isinstance(state, str):
            return state
        error = error.__cause__ or getattr(error, "orig", None)
        seen += 1
    return ""

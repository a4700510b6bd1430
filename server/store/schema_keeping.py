"""The table of who did what with recordings and with what people wrote: ids and times, never names or texts.

A row is only ever appended. Somewhat later it is sealed: numbered, and bound to the one before it (server/keeping/audit.py).
Changes need a migration beside schema.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema import metadata

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("act", sa.String, nullable=False),
    sa.Column("actor", sa.String, nullable=False),  # a person's id, or what did it by itself: "retention", "operator"
    sa.Column("session", sa.String, nullable=False),
    sa.Column("take", sa.String, nullable=False),
    sa.Column("about", sa.String, nullable=False),  # the person or the permission that it was done to
    sa.Column("n", sa.Integer, unique=True),  # null: not sealed yet
    sa.Column("seal", sa.LargeBinary),
    sa.Index("ix_audit_session", "session", "n"),
)

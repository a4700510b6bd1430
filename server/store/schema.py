"""The tables. Events hold ids, numbers and times; whatever names a person or is somebody's words stands in its own row,
so that it can be erased without touching the log. A device with a `session` is its person's there only. A take with
`deleted_ms` is nobody's any more; at `erased_ms` the recorder had destroyed its keys. Changes need a migration beside this file."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("session", sa.String, primary_key=True),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
    sa.Column("starts_ms", sa.BigInteger),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("person", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session")),
)

seats = sa.Table(
    "seats",
    metadata,
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
    sa.Column("seat", sa.String, primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
    sa.UniqueConstraint("session", "person"),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True),
    sa.Column("form", sa.String, primary_key=True),
    sa.Column("author", sa.String, primary_key=True),
    sa.Column("field", sa.String, primary_key=True),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
)

takes = sa.Table(
    "takes",
    metadata,
    sa.Column("take", sa.String, primary_key=True),
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), nullable=False, index=True),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("teacher", sa.String, nullable=False),
    sa.Column("started_ms", sa.BigInteger, nullable=False),
    sa.Column("deleted_ms", sa.BigInteger),
    sa.Column("erased_ms", sa.BigInteger),
)

chat = sa.Table(
    "chat",
    metadata,
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
    sa.Column("message", sa.String, primary_key=True),
    sa.Column("seat", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("said_ms", sa.BigInteger, nullable=False),
)

decks = sa.Table(
    "decks",
    metadata,
    sa.Column("deck", sa.String, primary_key=True),
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), nullable=False, index=True),
    sa.Column("seat", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
)

"""The tables. Events hold ids, numbers and times; whatever names a person or is somebody's words stands in its own row,
so that it can be erased without touching the log. A device with a `session` is its person's there only. A take with
`deleted_ms` is nobody's any more; at `erased_ms` the recorder had destroyed its keys. A job's `spec` names people: it goes with
the take. Changes need a migration beside this file."""

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
    sa.Column("owner", sa.String, index=True),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
)

nodes = sa.Table(
    "nodes",
    metadata,
    sa.Column("node", sa.String, primary_key=True),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("started_ms", sa.BigInteger, nullable=False),
)

duties = sa.Table(
    "duties",
    metadata,
    sa.Column("duty", sa.String, primary_key=True),
    sa.Column("holder", sa.String, nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
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
    sa.Column("warned_ms", sa.BigInteger),  # when its teacher was told that it will be deleted
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

weak_lines = sa.Table(
    "weak_lines",
    metadata,
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
    sa.Column("seat", sa.String, primary_key=True),
    sa.Column("fair_ms", sa.BigInteger, nullable=False),
    sa.Column("poor_ms", sa.BigInteger, nullable=False),
    sa.Column("lost_ms", sa.BigInteger, nullable=False),
    sa.Column("reconnects", sa.Integer, nullable=False),
    sa.Column("freezes", sa.Integer, nullable=False),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("job", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("take", sa.String, nullable=False, index=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("spec", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_owner", sa.String, nullable=False),
    sa.Column("lease_until_ms", sa.BigInteger, nullable=False),
    sa.Column("not_before_ms", sa.BigInteger, nullable=False),
    sa.Column("error", sa.String, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
    sa.Column("result", sa.String, nullable=False),
    sa.UniqueConstraint("kind", "take", "version"),
    sa.Index("ix_jobs_state", "state", "priority", "created_ms"),
)

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("take", sa.String, primary_key=True),
    sa.Column("peer", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("asked_ms", sa.BigInteger, nullable=False),
    sa.Column("done_ms", sa.BigInteger),
)

emails = sa.Table(
    "emails",
    metadata,
    sa.Column("address", sa.String, primary_key=True),  # in lower case
    sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
    sa.Column("proven_ms", sa.BigInteger, nullable=False),
)

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # mail, device
    sa.Column("person", sa.String, sa.ForeignKey("people.person")),  # null: the address is not known yet
    sa.Column("address", sa.String, nullable=False),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("used_ms", sa.BigInteger),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("issuer", sa.String, primary_key=True),
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
)

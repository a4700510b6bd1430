"""The tables of what becomes of a recording: who may watch it, what is said about it, and what is sent about that.

All words stand in rows of their own author and can be erased alone. A permission with `ended_ms` is none; a link is kept as its hash.
Changes need a migration beside schema.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema import metadata

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("grant", sa.String, primary_key=True),
    sa.Column("take", sa.String, sa.ForeignKey("takes.take"), nullable=False, index=True),
    sa.Column("person", sa.String, sa.ForeignKey("people.person"), index=True),  # null: the link was not opened yet
    sa.Column("name", sa.String, nullable=False),  # what the teacher calls them
    sa.Column("use", sa.String, nullable=False),  # watch, consult
    sa.Column("link_hash", sa.LargeBinary, unique=True),
    sa.Column("granted_ms", sa.BigInteger, nullable=False),
    sa.Column("claimed_ms", sa.BigInteger),
    sa.Column("expires_ms", sa.BigInteger),
    sa.Column("ended_ms", sa.BigInteger),
)

openings = sa.Table(
    "openings",
    metadata,
    sa.Column("opening", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("take", sa.String, sa.ForeignKey("takes.take"), nullable=False),
    sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
    sa.Column("use", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),  # page, film, export
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_openings_take", "take", "last_ms"),
)

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("note", sa.String, primary_key=True),  # made by the page that writes it, so that sending it again is harmless
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), nullable=False, index=True),
    sa.Column("take", sa.String, sa.ForeignKey("takes.take"), index=True),  # null: a question before the lesson
    sa.Column("author", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
    sa.Column("parent", sa.String, sa.ForeignKey("notes.note")),
    sa.Column("kind", sa.String, nullable=False),  # note, worked, change, question
    sa.Column("at_ms", sa.BigInteger),  # counted from the beginning of the recording; null: about the whole
    sa.Column("end_ms", sa.BigInteger),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("addressee", sa.String, sa.ForeignKey("people.person"), index=True),  # who is expected to answer; null: all who see it
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("shared_ms", sa.BigInteger),  # null: only its author sees it
    sa.Column("deleted_ms", sa.BigInteger),
)

note_versions = sa.Table(
    "note_versions",
    metadata,
    sa.Column("note", sa.String, sa.ForeignKey("notes.note"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at_ms", sa.BigInteger),
    sa.Column("end_ms", sa.BigInteger),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
)

reflections = sa.Table(
    "reflections",
    metadata,
    sa.Column("take", sa.String, sa.ForeignKey("takes.take"), primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("people.person"), primary_key=True),
    sa.Column("question", sa.String, primary_key=True),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("shared_ms", sa.BigInteger),
)

trying = sa.Table(
    "trying",
    metadata,
    sa.Column("trying", sa.String, primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
    sa.Column("take", sa.String, sa.ForeignKey("takes.take")),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("chosen_ms", sa.BigInteger, nullable=False),
    sa.Column("ask_ms", sa.BigInteger, nullable=False),  # when to ask whether it was tried
    sa.Column("answer", sa.String),  # yes, not_yet, changed
    sa.Column("answer_text", sa.String, nullable=False, server_default=""),
    sa.Column("answered_ms", sa.BigInteger),
    sa.Column("ended_ms", sa.BigInteger),  # something else was chosen
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("review", sa.String, primary_key=True),
    sa.Column("take", sa.String, sa.ForeignKey("takes.take"), nullable=False, index=True),
    sa.Column("grant", sa.String, sa.ForeignKey("grants.grant"), nullable=False, unique=True),
    sa.Column("teacher", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
    sa.Column("questions", sa.String, nullable=False),  # JSON array of texts
    sa.Column("about", sa.String, nullable=False),  # JSON object: lesson, goal, as the teacher lets them be read
    sa.Column("include_notes", sa.Boolean, nullable=False),
    sa.Column("include_own", sa.Boolean, nullable=False),
    sa.Column("include_talk", sa.Boolean, nullable=False),
    sa.Column("address", sa.String, nullable=False),  # e-mail of the consultant, or empty
    sa.Column("due_ms", sa.BigInteger, nullable=False),
    sa.Column("asked_ms", sa.BigInteger, nullable=False),
    sa.Column("opened_ms", sa.BigInteger),
    sa.Column("accepted_ms", sa.BigInteger),
    sa.Column("declined_ms", sa.BigInteger),
    sa.Column("offered_ms", sa.BigInteger),  # "I can't this week": the date that is offered instead
    sa.Column("message", sa.String, nullable=False, server_default=""),
    sa.Column("summary", sa.String, nullable=False, server_default=""),  # JSON object: worked, suggestions
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("reminded_ms", sa.BigInteger),
    sa.Column("sent_ms", sa.BigInteger),
    sa.Column("ended_ms", sa.BigInteger),  # asked somebody else, or the recording is gone
)

consultations = sa.Table(
    "consultations",
    metadata,
    sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
    sa.Column("take", sa.String, sa.ForeignKey("takes.take"), nullable=False, index=True),
    sa.Column("review", sa.String, sa.ForeignKey("reviews.review")),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("message", sa.String, primary_key=True),  # stable: the same news is written once
    sa.Column("channel", sa.String, nullable=False),  # mail, webhook
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("person", sa.String),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("not_before_ms", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_until_ms", sa.BigInteger, nullable=False),
    sa.Column("error", sa.String, nullable=False),
    sa.Column("sent_ms", sa.BigInteger),
    sa.Column("failed_ms", sa.BigInteger),
    sa.Index("ix_outbox_waiting", "sent_ms", "failed_ms", "not_before_ms"),
)

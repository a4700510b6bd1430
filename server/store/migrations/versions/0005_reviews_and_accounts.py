"""What becomes of a recording: who may watch it, notes, reviews, what is sent; and how people are recognised again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _watching()
    _notes()
    _reviews()
    _outbox()


def _accounts() -> None:
    op.create_table(
        "emails",
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
        sa.Column("proven_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("person", sa.String, sa.ForeignKey("people.person")),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger),
    )
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )


def _watching() -> None:
    op.create_table(
        "grants",
        sa.Column("grant", sa.String, primary_key=True),
        sa.Column("take", sa.String, sa.ForeignKey("takes.take"), nullable=False, index=True),
        sa.Column("person", sa.String, sa.ForeignKey("people.person"), index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("use", sa.String, nullable=False),
        sa.Column("link_hash", sa.LargeBinary, unique=True),
        sa.Column("granted_ms", sa.BigInteger, nullable=False),
        sa.Column("claimed_ms", sa.BigInteger),
        sa.Column("expires_ms", sa.BigInteger),
        sa.Column("ended_ms", sa.BigInteger),
    )
    op.create_table(
        "openings",
        sa.Column("opening", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("take", sa.String, sa.ForeignKey("takes.take"), nullable=False),
        sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
        sa.Column("use", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_openings_take", "openings", ["take", "last_ms"])


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("note", sa.String, primary_key=True),
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), nullable=False, index=True),
        sa.Column("take", sa.String, sa.ForeignKey("takes.take"), index=True),
        sa.Column("author", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
        sa.Column("parent", sa.String, sa.ForeignKey("notes.note")),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at_ms", sa.BigInteger),
        sa.Column("end_ms", sa.BigInteger),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("addressee", sa.String, sa.ForeignKey("people.person"), index=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("shared_ms", sa.BigInteger),
        sa.Column("deleted_ms", sa.BigInteger),
    )
    op.create_table(
        "note_versions",
        sa.Column("note", sa.String, sa.ForeignKey("notes.note"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at_ms", sa.BigInteger),
        sa.Column("end_ms", sa.BigInteger),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "reflections",
        sa.Column("take", sa.String, sa.ForeignKey("takes.take"), primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("people.person"), primary_key=True),
        sa.Column("question", sa.String, primary_key=True),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("shared_ms", sa.BigInteger),
    )
    op.create_table(
        "trying",
        sa.Column("trying", sa.String, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
        sa.Column("take", sa.String, sa.ForeignKey("takes.take")),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("chosen_ms", sa.BigInteger, nullable=False),
        sa.Column("ask_ms", sa.BigInteger, nullable=False),
        sa.Column("answer", sa.String),
        sa.Column("answer_text", sa.String, nullable=False, server_default=""),
        sa.Column("answered_ms", sa.BigInteger),
        sa.Column("ended_ms", sa.BigInteger),
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("review", sa.String, primary_key=True),
        sa.Column("take", sa.String, sa.ForeignKey("takes.take"), nullable=False, index=True),
        sa.Column("grant", sa.String, sa.ForeignKey("grants.grant"), nullable=False, unique=True),
        sa.Column("teacher", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
        sa.Column("questions", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("include_notes", sa.Boolean, nullable=False),
        sa.Column("include_own", sa.Boolean, nullable=False),
        sa.Column("include_talk", sa.Boolean, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("asked_ms", sa.BigInteger, nullable=False),
        sa.Column("opened_ms", sa.BigInteger),
        sa.Column("accepted_ms", sa.BigInteger),
        sa.Column("declined_ms", sa.BigInteger),
        sa.Column("offered_ms", sa.BigInteger),
        sa.Column("message", sa.String, nullable=False, server_default=""),
        sa.Column("summary", sa.String, nullable=False, server_default=""),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("reminded_ms", sa.BigInteger),
        sa.Column("sent_ms", sa.BigInteger),
        sa.Column("ended_ms", sa.BigInteger),
    )
    op.create_table(
        "consultations",
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
        sa.Column("take", sa.String, sa.ForeignKey("takes.take"), nullable=False, index=True),
        sa.Column("review", sa.String, sa.ForeignKey("reviews.review")),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("message", sa.String, primary_key=True),
        sa.Column("channel", sa.String, nullable=False),
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
    )
    op.create_index("ix_outbox_waiting", "outbox", ["sent_ms", "failed_ms", "not_before_ms"])

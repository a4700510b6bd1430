"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("session", sa.String, primary_key=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger),
    )
    op.create_table(
        "events",
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "devices",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "seats",
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
        sa.Column("seat", sa.String, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("people.person"), nullable=False, index=True),
        sa.UniqueConstraint("session", "person"),
    )
    op.create_table(
        "entries",
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("form", sa.String, primary_key=True),
        sa.Column("author", sa.String, primary_key=True),
        sa.Column("field", sa.String, primary_key=True),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "takes",
        sa.Column("take", sa.String, primary_key=True),
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), nullable=False, index=True),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("teacher", sa.String, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
    )

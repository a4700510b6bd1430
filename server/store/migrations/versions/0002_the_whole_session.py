"""Planned starts, devices for one session, deleted takes, chat, slides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("starts_ms", sa.BigInteger))
    op.add_column("takes", sa.Column("deleted_ms", sa.BigInteger))
    op.add_column("takes", sa.Column("erased_ms", sa.BigInteger))
    with op.batch_alter_table("devices") as devices:
        devices.add_column(sa.Column("session", sa.String))
        devices.create_foreign_key("devices_session", "sessions", ["session"], ["session"])
    op.create_table(
        "chat",
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
        sa.Column("message", sa.String, primary_key=True),
        sa.Column("seat", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("said_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "decks",
        sa.Column("deck", sa.String, primary_key=True),
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), nullable=False, index=True),
        sa.Column("seat", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )

"""Who did what with recordings, and when a teacher was told that a recording will be deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("entry", sa.String, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("session", sa.String, nullable=False),
        sa.Column("take", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("n", sa.Integer, unique=True),
        sa.Column("seal", sa.LargeBinary),
        sa.Index("ix_audit_session", "session", "n"),
    )
    op.add_column("takes", sa.Column("warned_ms", sa.BigInteger))

"""How long people's connections were weak in a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "weak_lines",
        sa.Column("session", sa.String, sa.ForeignKey("sessions.session"), primary_key=True),
        sa.Column("seat", sa.String, primary_key=True),
        sa.Column("fair_ms", sa.BigInteger, nullable=False),
        sa.Column("poor_ms", sa.BigInteger, nullable=False),
        sa.Column("lost_ms", sa.BigInteger, nullable=False),
        sa.Column("reconnects", sa.Integer, nullable=False),
        sa.Column("freezes", sa.Integer, nullable=False),
    )

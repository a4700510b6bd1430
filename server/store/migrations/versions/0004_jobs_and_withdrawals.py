"""Long work that waits or runs, and voices and pictures that are taken out of recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
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
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "priority", "created_ms"])
    op.create_table(
        "withdrawals",
        sa.Column("take", sa.String, primary_key=True),
        sa.Column("peer", sa.String, primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("asked_ms", sa.BigInteger, nullable=False),
        sa.Column("done_ms", sa.BigInteger),
    )

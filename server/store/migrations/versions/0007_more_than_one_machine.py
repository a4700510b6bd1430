"""Which node owns a session, where nodes are, and who has the duties that only one of them may have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("owner", sa.String))
        sessions.add_column(sa.Column("epoch", sa.Integer, nullable=False, server_default="0"))
        sessions.create_index("ix_sessions_owner", ["owner"])
    op.create_table(
        "nodes",
        sa.Column("node", sa.String, primary_key=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "duties",
        sa.Column("duty", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )

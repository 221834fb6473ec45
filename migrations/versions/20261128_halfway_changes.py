"""the texts the half-way review has had: from now on each, of before the one that stands.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STANDING = """
    INSERT INTO halfway_change (fiscal_year, text, at, by_id)
    SELECT review.fiscal_year, review.text, act.at, act.actor_id
    FROM halfway_review AS review
    JOIN audit_event AS act ON act.id = (SELECT max(id) FROM audit_event WHERE action = 'halfway.write')
"""


def upgrade() -> None:
    op.create_table(
        "halfway_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_halfway_change_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_halfway_change")),
    )
    op.execute(STANDING)


def downgrade() -> None:
    op.drop_table("halfway_change")

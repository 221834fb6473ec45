"""what the city's survey found, and the text of the half-way review.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey_value",
        sa.Column("question", sa.String(length=15), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Numeric(precision=4, scale=1), nullable=False),
        sa.CheckConstraint("value >= 0 AND value <= 100", name=op.f("ck_survey_value_value")),
        sa.PrimaryKeyConstraint("question", "fiscal_year", name=op.f("pk_survey_value")),
    )
    op.create_table(
        "halfway_review",
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fiscal_year", name=op.f("pk_halfway_review")),
    )


def downgrade() -> None:
    op.drop_table("halfway_review")
    op.drop_table("survey_value")

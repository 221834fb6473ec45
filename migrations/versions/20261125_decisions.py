"""decisions, as judged pairs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ORIGINS = ("coordinator", "requester", "registrant", "plan", "import")


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", sa.String(length=20), nullable=False),
        sa.Column("registrant", sa.String(length=20), nullable=False),
        sa.Column("offering", sa.String(length=20), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(*ORIGINS, name="origin", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.CheckConstraint("grade IS NULL OR grade BETWEEN 0 AND 2", name=op.f("ck_decision_grade")),
        sa.CheckConstraint("rank IS NULL OR rank >= 1", name=op.f("ck_decision_rank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_request_registrant", "decision", ["request", "registrant"])


def downgrade() -> None:
    op.drop_table("decision")

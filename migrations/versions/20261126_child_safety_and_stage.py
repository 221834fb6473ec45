"""child safety: operators, their organisations and their checks."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("code", name=op.f("uq_operator_code")),
        sa.UniqueConstraint("name", name=op.f("uq_operator_name")),
    )
    op.add_column(
        "organisation",
        sa.Column("operator_id", sa.Integer(), sa.ForeignKey("operator.id"), nullable=True),
        inline_references=True,
    )
    op.create_index("ix_organisation_operator_id", "organisation", ["operator_id"])
    op.create_table(
        "child_safety_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("registrant_id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("officer", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("checked_on <= valid_to", name=op.f("ck_child_safety_check_order")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operator.id"], name=op.f("fk_child_safety_check_operator_id_operator")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["account.id"], name=op.f("fk_child_safety_check_recorded_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["registrant_id"], ["registrant.id"], name=op.f("fk_child_safety_check_registrant_id_registrant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child_safety_check")),
        sa.UniqueConstraint("code", name=op.f("uq_child_safety_check_code")),
        sa.UniqueConstraint(
            "registrant_id",
            "operator_id",
            "checked_on",
            name=op.f("uq_child_safety_check_registrant_id_operator_id_checked_on"),
        ),
    )


def downgrade() -> None:
    op.drop_table("child_safety_check")
    op.drop_index("ix_organisation_operator_id", "organisation")
    op.drop_column("organisation", "operator_id")
    op.drop_table("operator")

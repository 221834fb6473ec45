"""requests and organisations."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# New columns of support_request and their lengths; plain ADD COLUMN, since children hang on the table.
COLUMNS = {
    "insurance": 20,
    "travel_cost": 20,
    "material_cost": 20,
    "parking": 100,
    "equipment": 200,
    "emergency_contact": 100,
}


def upgrade() -> None:
    for name, length in COLUMNS.items():
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        op.add_column("support_request", column)
    op.add_column("support_request", sa.Column("special_needs", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "calendar_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_calendar_day_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
        sa.UniqueConstraint("code", name=op.f("uq_calendar_day_code")),
        sa.UniqueConstraint("first_day", "last_day", name=op.f("uq_calendar_day_first_day_last_day")),
    )
    op.create_table(
        "alternate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("registrant_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["support_request.id"], name=op.f("fk_alternate_request_id")),
        sa.ForeignKeyConstraint(
            ["registrant_id"], ["registrant.id"], name=op.f("fk_alternate_registrant_id")
        ),
        sa.ForeignKeyConstraint(["kept_by_id"], ["account.id"], name=op.f("fk_alternate_kept_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alternate")),
        sa.UniqueConstraint("code", name=op.f("uq_alternate_code")),
        sa.UniqueConstraint(
            "request_id", "registrant_id", name=op.f("uq_alternate_request_id_registrant_id")
        ),
    )
    op.create_index("ix_alternate_registrant_id", "alternate", ["registrant_id"])
    op.create_table(
        "match_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_match_change_match_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_change")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_match_change_token_hash")),
    )
    op.create_index("ix_match_change_match_id", "match_change", ["match_id"])
    op.create_table(
        "match_objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_match_objection_match_id")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_match_objection_by_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_match_objection_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_objection")),
    )
    op.create_index("ix_match_objection_match_id", "match_objection", ["match_id"])
    op.add_column("organisation", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "membership_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_membership_request_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_request_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_membership_request_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_request")),
        sa.UniqueConstraint(
            "organisation_id", "account_id", name=op.f("uq_membership_request_organisation_id_account_id")
        ),
    )
    op.create_index("ix_membership_request_account_id", "membership_request", ["account_id"])
    op.create_table(
        "hand_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_hand_over_organisation_id")
        ),
        sa.ForeignKeyConstraint(["from_id"], ["account.id"], name=op.f("fk_hand_over_from_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
    )
    op.create_index("ix_hand_over_email", "hand_over", ["email"])
    op.create_index("ix_hand_over_organisation_id", "hand_over", ["organisation_id"])


def downgrade() -> None:
    op.drop_table("hand_over")
    op.drop_table("membership_request")
    op.drop_column("organisation", "version")
    op.drop_table("match_objection")
    op.drop_table("match_change")
    op.drop_table("alternate")
    op.drop_table("calendar_day")
    for name in ("special_needs", *reversed(COLUMNS)):
        op.drop_column("support_request", name)

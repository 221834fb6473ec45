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


def downgrade() -> None:
    op.drop_table("calendar_day")
    for name in ("special_needs", *reversed(COLUMNS)):
        op.drop_column("support_request", name)

"""the council a seat is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "support_request", sa.Column("council", sa.String(length=100), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("support_request", "council")

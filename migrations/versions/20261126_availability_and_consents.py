"""availability and consents."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registrant", sa.Column("paused_from", sa.Date(), nullable=True))
    op.add_column("registrant", sa.Column("paused_until", sa.Date(), nullable=True))
    op.add_column(
        "registrant", sa.Column("availability_version", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column("disclosure", sa.Column("basis", sa.String(length=60), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("disclosure", "basis")
    op.drop_column("registrant", "availability_version")
    op.drop_column("registrant", "paused_until")
    op.drop_column("registrant", "paused_from")

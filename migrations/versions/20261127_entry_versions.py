"""the version of what a person wrote, and of a certificate: a stale edit is shown both texts."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

VERSIONS = (("registrant", "entry_version"), ("credential", "version"))


def upgrade() -> None:
    for table, name in VERSIONS:
        op.add_column(table, sa.Column(name, sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    for table, name in reversed(VERSIONS):
        op.drop_column(table, name)

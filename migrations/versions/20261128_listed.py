"""The requests of a ward are counted by state and listed by deadline from an index alone.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_support_request_listed", "support_request", ["ward", "status", "deadline"])
    op.drop_index("ix_support_request_ward", "support_request")


def downgrade() -> None:
    op.create_index("ix_support_request_ward", "support_request", ["ward"])
    op.drop_index("ix_support_request_listed", "support_request")

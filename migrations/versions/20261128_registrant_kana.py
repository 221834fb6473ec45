"""A page of the registrations is found by reading, without sorting all of them.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_registrant_kana", "registrant", ["kana"])


def downgrade() -> None:
    op.drop_index("ix_registrant_kana", "registrant")

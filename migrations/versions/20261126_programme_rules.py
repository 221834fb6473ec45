"""documents a programme requires, as they were seen; the purpose for which a request was refused."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registration_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_registration_document_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["seen_by_id"], ["account.id"], name=op.f("fk_registration_document_seen_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_document")),
        sa.UniqueConstraint(
            "registration_id", "kind", name=op.f("uq_registration_document_registration_id_kind")
        ),
    )
    # Not in a batch: that would make the table anew on SQLite, and what hangs on its rows would go with them.
    refusal = sa.Column("refusal_reason", sa.String(length=40), server_default="", nullable=False)
    op.add_column("support_request", refusal)


def downgrade() -> None:
    op.drop_column("support_request", "refusal_reason")
    op.drop_table("registration_document")

"""renewal and occasions."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "occasion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occasion")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_occasion_kind_key")),
    )
    op.create_table(
        "worker_beat",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_worker_beat")),
    )
    op.create_table(
        "renewal_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("renews_until", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_round")),
        sa.UniqueConstraint("programme", "fiscal_year", name=op.f("uq_renewal_round_programme_fiscal_year")),
    )
    op.create_table(
        "renewal_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("mail", "letter", name="channel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "answer",
            sa.Enum("renew", "end", name="answer", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["round_id"], ["renewal_round.id"], name=op.f("fk_renewal_notice_round_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_renewal_notice_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_notice")),
        sa.UniqueConstraint("code", name=op.f("uq_renewal_notice_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_renewal_notice_token_hash")),
        sa.UniqueConstraint(
            "registration_id", "round_id", name=op.f("uq_renewal_notice_registration_id_round_id")
        ),
    )
    op.create_index("ix_renewal_notice_round_id", "renewal_notice", ["round_id"])
    op.add_column(
        "registration", sa.Column("end_reason", sa.String(length=40), nullable=False, server_default="")
    )
    op.add_column("registration", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("digest", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    op.drop_column("account", "digest")
    op.drop_column("registration", "ended_at")
    op.drop_column("registration", "end_reason")
    op.drop_table("renewal_notice")
    op.drop_table("renewal_round")
    op.drop_table("worker_beat")
    op.drop_table("occasion")

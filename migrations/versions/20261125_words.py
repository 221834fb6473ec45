"""the thesaurus."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "thesaurus_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thesaurus_version")),
    )
    op.execute("INSERT INTO thesaurus_version (id, number) VALUES (1, 0)")
    op.create_table(
        "thesaurus_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thesaurus_group")),
        sa.UniqueConstraint("code", name=op.f("uq_thesaurus_group_code")),
    )
    op.create_table(
        "thesaurus_word",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("equal", "narrower", name="role", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["thesaurus_group.id"],
            name=op.f("fk_thesaurus_word_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "position", name=op.f("pk_thesaurus_word")),
        sa.UniqueConstraint("group_id", "word", name=op.f("uq_thesaurus_word_group_id_word")),
    )
    op.create_table(
        "thesaurus_change",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_thesaurus_change_actor_id")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["thesaurus_group.id"], name=op.f("fk_thesaurus_change_group_id")
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_thesaurus_change")),
    )
    with op.batch_alter_table("thesaurus_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thesaurus_change_group_id"), ["group_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("thesaurus_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_thesaurus_change_group_id"))

    op.drop_table("thesaurus_change")
    op.drop_table("thesaurus_word")
    op.drop_table("thesaurus_group")
    op.drop_table("thesaurus_version")

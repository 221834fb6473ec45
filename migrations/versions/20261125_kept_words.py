"""the words of texts, kept; what is a must in a request and what would be nice."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: that would make the table anew on SQLite, and what hangs on its rows would go with them.
    for name in ("must_have", "nice_to_have"):
        op.add_column("support_request", sa.Column(name, sa.Text(), server_default="", nullable=False))
    kind = sa.Enum("offering", "request", name="kind", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "indexed_text",
        sa.Column("kind", kind, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=20), nullable=False),
        sa.Column("analyser", sa.String(length=60), nullable=False),
        sa.Column("words", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "code", name=op.f("pk_indexed_text")),
    )
    op.create_index(op.f("ix_indexed_text_revision"), "indexed_text", ["revision"])
    # No analyser has found the words yet: the worker does, and until then each process by itself.
    op.execute(
        "INSERT INTO indexed_text (kind, code, revision, stamp, analyser) "
        "SELECT 'offering', offering, revision, offering, '' FROM offering_change"
    )
    op.execute(
        "INSERT INTO indexed_text (kind, code, revision, stamp, analyser) "
        "SELECT 'request', code, (SELECT number FROM index_revision), code, '' "
        "FROM support_request WHERE opened_at IS NOT NULL"
    )
    op.drop_index(op.f("ix_offering_change_revision"), table_name="offering_change")
    op.drop_table("offering_change")


def downgrade() -> None:
    op.create_table(
        "offering_change",
        sa.Column("offering", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("offering", name=op.f("pk_offering_change")),
    )
    op.create_index(op.f("ix_offering_change_revision"), "offering_change", ["revision"])
    op.execute(
        "INSERT INTO offering_change (offering, revision) "
        "SELECT code, revision FROM indexed_text WHERE kind = 'offering'"
    )
    op.drop_index(op.f("ix_indexed_text_revision"), table_name="indexed_text")
    op.drop_table("indexed_text")
    for name in ("nice_to_have", "must_have"):
        op.drop_column("support_request", name)

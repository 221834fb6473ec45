"""closed years, targets' history, reviews; when a registration was first approved."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SQLITE = (
    """
    CREATE TRIGGER closed_year_no_update BEFORE UPDATE ON closed_year
    BEGIN SELECT RAISE(ABORT, 'a closed year stays closed'); END
    """,
    """
    CREATE TRIGGER closed_year_no_delete BEFORE DELETE ON closed_year
    BEGIN SELECT RAISE(ABORT, 'a closed year stays closed'); END
    """,
)
POSTGRESQL = (
    """
    CREATE FUNCTION closed_year_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'a closed year stays closed'; END $$
    """,
    """
    CREATE TRIGGER closed_year_no_change BEFORE UPDATE OR DELETE ON closed_year
    FOR EACH ROW EXECUTE FUNCTION closed_year_refuse()
    """,
    """
    CREATE TRIGGER closed_year_no_truncate BEFORE TRUNCATE ON closed_year
    FOR EACH STATEMENT EXECUTE FUNCTION closed_year_refuse()
    """,
)


# As far as the record goes back, else as far as the registration's own dates do.
FIRST_APPROVED = """
    UPDATE registration SET approved_at = coalesce(
      (SELECT min(at) FROM audit_event WHERE action = 'registration.approve'
         AND subject_type = 'registration' AND subject_code = registration.code),
      decided_at)
    WHERE status NOT IN ('draft', 'submitted', 'returned', 'refused')
"""


def upgrade() -> None:
    op.create_table(
        "closed_year",
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("fiscal_year", name=op.f("pk_closed_year")),
    )
    op.create_table(
        "target_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("after", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_target_change_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_change")),
    )
    op.create_table(
        "year_review",
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("status IN ('writing', 'proposed', 'closed')", name=op.f("ck_year_review_status")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_year_review_proposed_by_id")
        ),
        sa.ForeignKeyConstraint(["closed_by_id"], ["account.id"], name=op.f("fk_year_review_closed_by_id")),
        sa.PrimaryKeyConstraint("fiscal_year", name=op.f("pk_year_review")),
    )
    op.create_table(
        "cause",
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fiscal_year"], ["year_review.fiscal_year"], name=op.f("fk_cause_fiscal_year")
        ),
        sa.PrimaryKeyConstraint("fiscal_year", "measure", name=op.f("pk_cause")),
    )
    op.create_table(
        "stored_figure",
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("figure", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("leaves_out", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("per", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fiscal_year"], ["year_review.fiscal_year"], name=op.f("fk_stored_figure_fiscal_year")
        ),
        sa.PrimaryKeyConstraint("fiscal_year", "scope", "figure", name=op.f("pk_stored_figure")),
    )
    op.create_table(
        "stored_grade",
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("grade", sa.String(length=1), nullable=True),
        sa.ForeignKeyConstraint(
            ["fiscal_year"], ["year_review.fiscal_year"], name=op.f("fk_stored_grade_fiscal_year")
        ),
        sa.PrimaryKeyConstraint("fiscal_year", "scope", name=op.f("pk_stored_grade")),
    )
    op.create_index("ix_ledger_entry_fiscal_year_seq", "ledger_entry", ["fiscal_year", "seq"])
    op.add_column("registration", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(FIRST_APPROVED)
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP TRIGGER closed_year_no_change ON closed_year")
        op.execute("DROP TRIGGER closed_year_no_truncate ON closed_year")
        op.execute("DROP FUNCTION closed_year_refuse()")
    op.drop_column("registration", "approved_at")
    op.drop_index("ix_ledger_entry_fiscal_year_seq", table_name="ledger_entry")
    for table in ("stored_grade", "stored_figure", "cause", "year_review", "target_change", "closed_year"):
        op.drop_table(table)

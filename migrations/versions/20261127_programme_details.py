"""what some programmes ask of an offering; a group's representative; 地域防災リーダー."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BEFORE = ("public_listing", "contact_sharing", "rules_of_conduct", "confidentiality", "guardian")
TEXTS = (("level", 20), ("equipment", 200), ("disaster", 40), ("record_title", 100), ("record_place", 100))
NUMBERS = ("capacity", "minutes", "record_year")
STANDING = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    _text("registrant", "representative", 100)
    for name, length in TEXTS:
        _text("offering", name, length)
    for name in NUMBERS:
        op.add_column("offering", sa.Column(name, sa.Integer(), nullable=True))
    _purposes((*BEFORE, "local_leader"))


def downgrade() -> None:
    op.execute("DELETE FROM consent WHERE purpose = 'local_leader'")
    _purposes(BEFORE)
    for name in (*NUMBERS, *(name for name, _ in TEXTS)):
        op.drop_column("offering", name)
    op.drop_column("registrant", "representative")


def _text(table: str, name: str, length: int) -> None:
    op.add_column(table, sa.Column(name, sa.String(length=length), server_default="", nullable=False))


def _purposes(purposes: tuple[str, ...]) -> None:
    """SQLite writes the table anew: without its CHECK, and its partial index is made again by hand."""
    op.drop_index("uq_consent_standing", "consent")
    with op.batch_alter_table("consent") as table:
        if op.get_bind().dialect.name == "postgresql":
            table.drop_constraint(op.f("ck_consent_purpose"), type_="check")
        known = ", ".join(repr(purpose) for purpose in purposes)
        table.create_check_constraint(op.f("ck_consent_purpose"), f"purpose IN ({known})")
    op.create_index(
        "uq_consent_standing",
        "consent",
        ["registration_id", "purpose"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )

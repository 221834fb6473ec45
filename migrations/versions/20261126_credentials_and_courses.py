"""credentials and courses."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

from matching.kernel.codes import new_code

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ADDED = ("code", "number_key", "issued_on", "evidence", "ended_at", "course_id")


def upgrade() -> None:
    op.create_table(
        "course",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("organiser", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("ward", sa.String(length=20), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("credential", sa.String(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_course_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("code", name=op.f("uq_course_code")),
    )
    op.create_table(
        "course_participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("registrant_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kana", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("registrant_id IS NOT NULL OR name <> ''", name=op.f("ck_course_participant_who")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_participant_course_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registrant_id"],
            ["registrant.id"],
            name=op.f("fk_course_participant_registrant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["completed_by_id"], ["account.id"], name=op.f("fk_course_participant_completed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_participant")),
        sa.UniqueConstraint("code", name=op.f("uq_course_participant_code")),
        sa.UniqueConstraint(
            "course_id", "registrant_id", name=op.f("uq_course_participant_course_id_registrant_id")
        ),
    )
    for column in ("course_id", "registrant_id", "email"):
        op.create_index(op.f(f"ix_course_participant_{column}"), "course_participant", [column])
    for table in ("credential", "learning_record"):
        op.add_column(
            table,
            sa.Column("course_id", sa.Integer(), sa.ForeignKey("course.id"), nullable=True),
            inline_references=True,
        )
    op.add_column("credential", sa.Column("code", sa.String(20), nullable=False, server_default=""))
    op.add_column("credential", sa.Column("number_key", sa.String(40), nullable=False, server_default=""))
    op.add_column("credential", sa.Column("issued_on", sa.Date(), nullable=True))
    op.add_column("credential", sa.Column("evidence", sa.String(20), nullable=False, server_default=""))
    op.add_column("credential", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    _fill()
    op.create_index(op.f("ix_credential_code"), "credential", ["code"], unique=True)
    op.create_index(op.f("ix_credential_number_key"), "credential", ["number_key"])
    op.create_table(
        "credential_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_credential_reminder_credential_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_reminder")),
        sa.UniqueConstraint(
            "credential_id",
            "expires_on",
            "days",
            name=op.f("uq_credential_reminder_credential_id_expires_on_days"),
        ),
    )


def _fill() -> None:
    """Every certificate gets its public code, and its number as it is compared."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, certificate_number FROM credential")).all()
    for id_, number in rows:
        connection.execute(
            sa.text("UPDATE credential SET code = :code, number_key = :key WHERE id = :id"),
            {"code": new_code(), "key": _key(number), "id": id_},
        )


def _key(number: str) -> str:
    """readings.number_key as it was when this was written."""
    plain = re.sub(r"[\s\-‐‑–—−ー・.]", "", unicodedata.normalize("NFKC", number).upper())
    return plain.removeprefix("第").removesuffix("号")


def downgrade() -> None:
    op.drop_table("credential_reminder")
    op.drop_index(op.f("ix_credential_number_key"), "credential")
    op.drop_index(op.f("ix_credential_code"), "credential")
    for column in ADDED:
        op.drop_column("credential", column)
    op.drop_column("learning_record", "course_id")
    op.drop_table("course_participant")
    op.drop_table("course")

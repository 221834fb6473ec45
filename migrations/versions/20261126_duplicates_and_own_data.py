"""duplicates and own data."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEYS = {"name_key": 100, "kana_key": 100, "phone_key": 40}


def upgrade() -> None:
    for name, length in KEYS.items():
        op.add_column(
            "registrant", sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        )
        op.create_index(f"ix_registrant_{name}", "registrant", [name])
    op.create_table(
        "registrant_alias",
        sa.Column("pseudonym", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("registrant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registrant_id"], ["registrant.id"], name=op.f("fk_registrant_alias_registrant_id")
        ),
        sa.PrimaryKeyConstraint("pseudonym", name=op.f("pk_registrant_alias")),
        sa.UniqueConstraint("code", name=op.f("uq_registrant_alias_code")),
    )
    op.create_index("ix_registrant_alias_registrant_id", "registrant_alias", ["registrant_id"])
    op.create_table(
        "erasure",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_erasure")),
    )
    _fill()


def downgrade() -> None:
    op.drop_table("erasure")
    op.drop_table("registrant_alias")
    for name in KEYS:
        op.drop_index(f"ix_registrant_{name}", "registrant")
        op.drop_column("registrant", name)


def _fill() -> None:
    """The keys of those already registered, as kernel/readings.py made them on the day of this revision."""
    connection = op.get_bind()
    people = connection.execute(sa.text("SELECT id, name, kana, phone FROM registrant")).all()
    values = [
        {"id": id_, "name": _name(name), "kana": _name(kana), "phone": _phone(phone)}
        for id_, name, kana, phone in people
    ]
    if values:
        connection.execute(
            sa.text(
                "UPDATE registrant SET name_key = :name, kana_key = :kana, phone_key = :phone WHERE id = :id"
            ),
            values,
        )


def _name(text: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", text).strip().casefold().split())
    ahead = ord("ア") - ord("あ")
    return "".join(chr(ord(c) - ahead) if "ァ" <= c <= "ヶ" else c for c in plain)[:100]


def _phone(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip()
    digits = "".join(c for c in plain if c.isascii() and c.isdigit())
    return f"0{digits.removeprefix('81')}" if plain.startswith("+81") else digits

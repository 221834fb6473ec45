"""one standing consent per purpose, one person per verified number, numbers of merged entries."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STANDING = sa.text("withdrawn_at IS NULL")
SEEN = sa.text("verification = 'verified' AND number_key <> ''")


def upgrade() -> None:
    op.execute(
        "UPDATE consent SET withdrawn_at = given_at WHERE withdrawn_at IS NULL AND EXISTS ("
        "SELECT 1 FROM consent AS other WHERE other.registration_id = consent.registration_id"
        " AND other.purpose = consent.purpose AND other.withdrawn_at IS NULL AND other.id < consent.id)"
    )
    op.create_index(
        "uq_consent_standing",
        "consent",
        ["registration_id", "purpose"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    op.execute(
        "UPDATE credential SET verification = 'stated' WHERE verification = 'verified'"
        " AND number_key <> '' AND EXISTS ("
        "SELECT 1 FROM credential AS other WHERE other.kind = credential.kind"
        " AND other.number_key = credential.number_key AND other.verification = 'verified'"
        " AND other.id < credential.id)"
    )
    op.create_index(
        "uq_credential_verified_number",
        "credential",
        ["kind", "number_key"],
        unique=True,
        sqlite_where=SEEN,
        postgresql_where=SEEN,
    )
    op.add_column("registrant_alias", sa.Column("external_id", sa.String(length=40), nullable=True))
    op.create_index("uq_registrant_alias_external_id", "registrant_alias", ["external_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_registrant_alias_external_id", "registrant_alias")
    op.drop_column("registrant_alias", "external_id")
    op.drop_index("uq_credential_verified_number", "credential")
    op.drop_index("uq_consent_standing", "consent")

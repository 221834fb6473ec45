"""The version of what a person wrote: whoever changes it raises it, and a page made before is stale."""

from sqlalchemy import update

from matching.kernel.db import db
from matching.registry.models import Registrant


def raise_version(registrant: Registrant) -> None:
    """By one, in the database: two who raise it at once are two."""
    db.session.execute(
        update(Registrant)
        .where(Registrant.id == registrant.id)
        .values(entry_version=Registrant.entry_version + 1)
    )

"""What a person changes in the steps of a registration; each verb names the version it was typed on.

A stale one is refused (Conflict) before anything is written. Paper and imports have no page that could be
stale: they write by `entries`.
"""

from collections.abc import Collection, Mapping

from matching.accounts.models import Account
from matching.kernel.db import db
from matching.kernel.errors import Conflict
from matching.registry.models import ConsentPurpose, Registrant, Registration
from matching.registry.services import entries, life
from matching.registry.services.versions import raise_version

STALE = "ほかの画面で先に書きかえられました。今の内容を確かめて、もう一度送ってください。"


def edit_person(
    actor: Account, registrant: Registrant | None, version: int | None, values: entries.PersonValues
) -> None:
    """Change who somebody is; where nobody has begun yet (both None), the actor's own entry begins."""
    if registrant is not None:
        _begin(registrant, version)
        entries.write_person(registrant, values)
    elif version is None:
        entries.enter_registrant(actor, values, account=actor)
    else:
        raise Conflict(STALE)


def edit_offering(
    registrant: Registrant, version: int, programmes: Collection[str], values: entries.OfferingValues
) -> None:
    """Set what the person offers in these programmes; see `entries.write_offering`."""
    _begin(registrant, version)
    entries.write_offering(registrant, programmes, values)


def edit_availability(registrant: Registrant, version: int, values: entries.AvailabilityValues) -> None:
    """Set when and where the person can come; `version`: the availability's own."""
    _lock(registrant)
    _compare(registrant.availability_version, version)
    entries.write_availability(registrant, values)


def edit_consents(
    actor: Account,
    registrant: Registrant,
    version: int,
    given: Mapping[Registration, Collection[ConsentPurpose]],
) -> None:
    """Exactly these consents stand from now on in the registrations named."""
    _begin(registrant, version)
    for registration, purposes in given.items():
        entries.write_consents(actor, registration, purposes)


def _begin(registrant: Registrant, version: int | None) -> None:
    _lock(registrant)
    _compare(registrant.entry_version, version)
    raise_version(registrant)


def _lock(registrant: Registrant) -> None:
    db.session.refresh(registrant, with_for_update=True)
    life.require_kept(registrant)


def _compare(stands: int, version: int | None) -> None:
    if stands != version:
        raise Conflict(STALE)

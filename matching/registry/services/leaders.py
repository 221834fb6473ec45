"""Telling somebody how to reach a school district's leaders: noted for each of them before it is shown."""

from matching.accounts.models import Account
from matching.kernel import audit
from matching.registry import queries_leaders
from matching.registry.models import ConsentPurpose, Registrant

SEEN = "leader.see_contact"


def tell(actor: Account, district: str) -> list[Registrant]:
    """The leaders of the district; for each a Disclosure the person can read, and an audit event."""
    body = queries_leaders.body_of(actor, district)
    told = []
    for registration in queries_leaders.leaders(actor, district):
        consent = registration.consent_to(ConsentPurpose.LOCAL_LEADER)
        assert consent is not None  # by the query
        reason = f"{SEEN} {registration.code}" + (f" {body.code}" if body else "")
        audit.disclose(actor, registration.registrant, reason, f"{consent.purpose.value} {consent.version}")
        audit.record(actor, SEEN, registration, school_district=district)
        told.append(registration.registrant)
    return told

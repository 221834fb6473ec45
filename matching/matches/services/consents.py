"""What withdrawing a consent does to matches: the contact is hidden at once."""

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import audit, events
from matching.kernel.db import db
from matching.matches.models import Match
from matching.matches.services.steps import lock_match
from matching.registry.models import Consent, ConsentPurpose


def withdraw_contact_consent(actor: Account | None, match: Match) -> None:
    """The consent given for this match alone is taken back. Doing so again changes nothing."""
    lock_match(match)
    _take_back(actor, match)


@events.consent_withdrawn.connect
def _consent_withdrawn(consent: Consent, actor: Account | None = None) -> None:
    """Who no longer shares their contact in a registration does not share it for its matches either."""
    if consent.purpose is not ConsentPurpose.CONTACT_SHARING:
        return
    given = select(Match).where(Match.registration_id == consent.registration_id, Match.contact_consent)
    for match in db.session.scalars(given.order_by(Match.id).with_for_update()):
        _take_back(actor, match)


def _take_back(actor: Account | None, match: Match) -> None:
    if match.contact_consent:
        match.contact_consent = False
        audit.record(actor, "match.contact_consent_withdrawn", match)

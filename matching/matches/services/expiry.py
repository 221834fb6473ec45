"""A credential that counts no more takes the person out of the matches that need it."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from matching.accounts.models import Account
from matching.kernel import events
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.matches import gates, queries_gates, rules
from matching.matches.endings import LIVE
from matching.matches.models import Match
from matching.matches.services.offers import end_match
from matching.municipality.city import municipality
from matching.registry.models_credentials import Credential


@events.credential_ended.connect
def _credential_ended(credential: Credential, actor: Account | None = None) -> None:
    """Proposed and offered matches are withdrawn, accepted ones cancelled: as where a registration ends.

    A match whose dates are over stays: the credential counted when it was used.
    """
    matches = select(Match).where(Match.registrant_id == credential.registrant_id, Match.status.in_(LIVE))
    lost = municipality().covered(credential.kind)
    person = queries_gates.people([credential.registrant_id])[credential.registrant_id]
    with_dates = matches.options(selectinload(Match.request), selectinload(Match.session_rows))
    for match in db.session.scalars(with_dates.order_by(Match.request_id)).all():
        lacks = gates.lacks_any(person, queries_gates.wanted(match.request), lost)
        if lacks and not rules.over(match.spans, match.request.term_end, now()):
            end_match(actor, match, "必要な資格の期限が切れたか、確認がなくなったため")

"""A credential that counts no more takes the person out of the matches that need it."""

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import events
from matching.kernel.clock import now, today
from matching.kernel.db import db
from matching.matches import gates, queries_gates
from matching.matches.endings import LIVE
from matching.matches.models import Match
from matching.matches.services.offers import end_match
from matching.municipality.city import municipality
from matching.registry.models import Credential


@events.credential_ended.connect
def _credential_ended(credential: Credential, actor: Account | None = None) -> None:
    """Proposed and offered matches are withdrawn, accepted ones cancelled: as where a registration ends.

    A match whose dates are over stays: the credential counted when it was used.
    """
    matches = select(Match).where(Match.registrant_id == credential.registrant_id, Match.status.in_(LIVE))
    lost = municipality().covered(credential.kind)
    for match in db.session.scalars(matches.order_by(Match.request_id)).all():
        wanted = queries_gates.wanted(match.request)
        person = queries_gates.people([match.registrant_id])[match.registrant_id]
        if _to_come(match) and gates.lacks_any(person, wanted, lost):
            end_match(actor, match, "必要な資格の期限が切れたか、確認がなくなったため")


def _to_come(match: Match) -> bool:
    if not match.session_rows:
        return match.request.term_end is None or match.request.term_end >= today()
    return any(row.ends_at > now() for row in match.session_rows)

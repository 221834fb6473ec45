"""Reads for the pages that say what the end of a registration, or of a consent, does."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from matching.kernel.clock import dated_span
from matching.kernel.db import db
from matching.matches import endings, queries, queries_reports
from matching.matches.models import Match, MatchStatus
from matching.registry.models import Registration
from matching.requests.models import SupportRequest


def concerned(registration: Registration, *, own: bool) -> list[endings.Concerned]:
    """The registration's matches that its end could touch. `own`: the person reads it, who does not know
    of a proposal they have not been asked about.
    """
    told = or_(Match.status != MatchStatus.PROPOSED, Match.wished) if own else Match.id.is_not(None)
    found = db.session.scalars(
        select(Match)
        .where(Match.registration_id == registration.id, Match.status.in_(endings.LIVE), told)
        .options(
            joinedload(Match.request).joinedload(SupportRequest.organisation),
            selectinload(Match.session_rows),
        )
        .order_by(Match.id)
    ).all()
    begun = queries_reports.begun(found)
    return [
        endings.Concerned(
            title=match.request.title,
            organisation=match.request.organisation.name,
            dates=[dated_span(*span) for span in match.spans],
            status=match.status,
            begun=match.id in begun,
        )
        for match in found
    ]


def reachable(registration: Registration) -> list[Match]:
    """The registration's matches in which the other side may see the contact now."""
    rows = (
        select(Match)
        .where(Match.registration_id == registration.id, Match.status.in_(queries.REACHABLE))
        .options(joinedload(Match.request), selectinload(Match.session_rows))
        .order_by(Match.id)
    )
    return list(db.session.scalars(rows))


def with_own_consent(registrations: Iterable[Registration]) -> list[Match]:
    """The matches for which the contact was given by a consent of their own, newest first."""
    given = (
        select(Match)
        .where(Match.registration_id.in_([r.id for r in registrations]), Match.contact_consent)
        .options(joinedload(Match.request))
        .order_by(Match.id.desc())
    )
    return list(db.session.scalars(given))

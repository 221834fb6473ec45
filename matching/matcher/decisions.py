"""Decisions as judged pairs: written in the transaction of the act, read to measure the ranking."""

from typing import Any

from sqlalchemy import select, update

from matching.kernel import events
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.matcher import rules
from matching.matcher.gateway import running
from matching.matcher.models import Decision
from matching.matcher.reverse import codes_for, own_offerings
from matching.matcher.texts import of_request, wish_of
from matching.matches.models import Match
from matching.registry.models import Offering, Registrant
from matching.requests.models import SupportRequest

# Answers and completions are about the offering that was approved, with the score and rank of that moment.
FOLLOWING = frozenset({"accept", "decline", "complete"})


@events.match_decided.connect
def keep(match: Match, *, verb: str, reason: str = "", rank: int | None = None, **_news: object) -> None:
    """Keep the decision; where the person has no offering there is nothing to judge."""
    pair = (match.request.code, match.registrant.code)
    earlier = _latest(*pair) if verb in FOLLOWING else None
    offering = earlier.offering if earlier else _ranked(match)
    if offering is None:
        return
    db.session.add(
        Decision(
            at=now(),
            request=pair[0],
            registrant=pair[1],
            offering=offering,
            verb=verb,
            origin=match.origin,
            reason=reason,
            grade=rules.grade(verb, reason),
            score=match.score,
            rank=earlier.rank if earlier else rank,
        )
    )


@events.registrants_merging.connect
def merge_decisions(kept: Registrant, *, gone: Registrant) -> None:
    """What was decided about somebody registered twice is about one person."""
    db.session.execute(update(Decision).filter_by(registrant=gone.code).values(registrant=kept.code))


def _latest(request: str, registrant: str) -> Decision | None:
    return db.session.scalars(
        select(Decision).filter_by(request=request, registrant=registrant).order_by(Decision.id.desc())
    ).first()


def _ranked(match: Match) -> str | None:
    """The person's best offering for the request; where no word meets, the first of the registration."""
    allowed = codes_for(own_offerings(match.registrant), match.request.programmes)
    hits = running().ranked(wish_of(match.request), 1, allowed)
    return hits[0][0] if hits else next((offering.code for offering in match.registration.offerings), None)


def judged() -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, dict[str, int]]]:
    """(corpus, queries, qrels) as the files of `evaluate` hold them, from the city's own history.

    The corpus is every offering there is, the queries are the requests decided on, and of several decisions
    on a pair the last that says something of the words counts. Pairs whose texts are gone fall away.
    """
    offerings = {offering.code: offering for offering in db.session.scalars(select(Offering))}
    decided = select(Decision.request, Decision.offering, Decision.grade).order_by(Decision.id)
    qrels: dict[str, dict[str, int]] = {}
    for request, offering, grade in db.session.execute(decided):
        if offering in offerings and grade is not None:
            qrels.setdefault(request, {})[offering] = grade
    requests = select(SupportRequest).where(SupportRequest.code.in_(qrels)).order_by(SupportRequest.code)
    asked = {request.code: of_request(request) for request in db.session.scalars(requests)}
    corpus = [{"_id": o.code, "title": o.title, "text": o.description} for o in offerings.values()]
    queries = [{"_id": code, "text": text} for code, text in asked.items()]
    return corpus, queries, {code: qrels[code] for code in asked}

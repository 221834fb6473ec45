"""Whether this person can take this request on now: the dates, the gates, the registration used."""

from collections.abc import Collection

from sqlalchemy import select

from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Invalid, RuleViolation
from matching.matches import gates
from matching.matches.models import Match, MatchSession
from matching.municipality.city import municipality
from matching.registry.models import Registrant, Registration
from matching.requests.models import Session, SupportRequest


def covered(
    request: SupportRequest, chosen: Collection[str], person: gates.Person, wanted: gates.Wanted
) -> list[Session]:
    """The chosen sessions (codes); of a series with none chosen, those to come at which the person is free.

    Invalid where a code is not of this request.
    """
    if chosen:
        found = [session for session in request.sessions if session.code in chosen]
        if len(found) != len(chosen):
            raise Invalid("sessions", "この依頼にない日時が選ばれています。選びなおしてください。")
        return found
    spans = gates.covered(person, wanted.sessions, now())
    return [session for session in request.sessions if (session.starts_at, session.ends_at) in spans]


def require(person: gates.Person, wanted: gates.Wanted, sessions: list[Session], refusal: str) -> None:
    """RuleViolation, `refusal` and the sentences of what fails: a date begun, a gate, an hour not free."""
    spans = [(session.starts_at, session.ends_at) for session in sessions]
    if any(starts <= now() for starts, _ in spans):
        raise RuleViolation("すでに始まった日時が含まれています。これからの日時を選んでください。")
    failed = [gate.reason for gate in gates.each(person, wanted) if not gate.passed]
    if not failed and gates.free_sessions(person, spans) != spans:
        failed = ["選んだ日時に、都合のつかない回があります"]
    if not failed and wanted.sessions and not spans:
        failed = ["これからの日時に、都合のつく回がありません"]
    if failed:
        raise RuleViolation(refusal + "。".join(failed) + "。")


def use(match: Match, person: gates.Person, wanted: gates.Wanted) -> None:
    """Note the registration the match is made under: its programme decides the measure."""
    programme = gates.programme_used(person, wanted)
    assert programme is not None  # the registration gate passed
    match.registration = _registration(match.registrant, programme)
    match.programme = programme
    match.measure = municipality().programmes[programme].measure


def cover(match: Match, sessions: list[Session], *, standing: bool) -> None:
    """Write the sessions of the match in place of those it had."""
    match.session_rows = [
        MatchSession(
            session=session,
            registrant_id=match.registrant.id,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            standing=standing,
        )
        for session in sessions
    ]


def _registration(registrant: Registrant, programme: str) -> Registration:
    return db.session.scalars(
        select(Registration).filter_by(registrant_id=registrant.id, programme=programme)
    ).one()

"""A valid object in one line; every value may be said otherwise."""

import itertools
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from matching.accounts.models import Account, AccountRole, CoordinatorMeasure, CoordinatorWard
from matching.engine.thesaurus import Group
from matching.kernel import clock, events
from matching.kernel.codes import token_hash
from matching.kernel.db import Base, db, transaction
from matching.kernel.outbox import MAX_ATTEMPTS, OutboxMessage
from matching.kernel.permissions import Role
from matching.ledger import services as ledger
from matching.ledger.models import LedgerEntry
from matching.matches.models import (
    STANDING,
    Alternate,
    Attendance,
    ChildSafetyCheck,
    CompletionReport,
    Match,
    MatchChange,
    MatchSession,
    MatchStatus,
    Objection,
    Origin,
)
from matching.matches.queries_reports import count_values
from matching.matches.rules import Outcome
from matching.municipality.city import municipality
from matching.organisations.models import (
    Membership,
    MembershipRequest,
    Operator,
    Organisation,
    OrganisationDistrict,
)
from matching.registry.models import (
    Consent,
    ConsentPurpose,
    Offering,
    Registrant,
    RegistrantKind,
    Registration,
    RegistrationStatus,
)
from matching.registry.models_courses import Course, CourseParticipant
from matching.registry.models_credentials import Credential
from matching.registry.models_renewal import NoticeChannel, RenewalNotice, RenewalRound
from matching.requests.models import CalendarDay, RequestProgramme, RequestStatus, Session, SupportRequest
from matching.words.models import ThesaurusGroup
from matching.words.services import enter_group

WARD, DISTRICT = "東区", "健軍"
APPROVED = RegistrationStatus.APPROVED
numbers = itertools.count(1)


Row = TypeVar("Row", bound=Base)


def save(row: Row) -> Row:
    db.session.add(row)
    db.session.commit()
    return row


def make_account(
    *roles: Role, wards: Iterable[str] = (), measures: Iterable[int] = (), **values: Any
) -> Account:
    number = next(numbers)
    return save(
        Account(
            **{
                "email": f"person{number}@example.jp",
                "name": f"試験 {number}",
                "password_hash": "",
                "created_at": clock.now(),
                **values,
            },
            role_rows=[AccountRole(role=role) for role in roles],
            ward_rows=[CoordinatorWard(ward=ward) for ward in wards],
            measure_rows=[CoordinatorMeasure(measure=measure) for measure in measures],
        )
    )


def make_coordinator(
    wards: Iterable[str] | None = None, measures: Iterable[int] = (1, 2, 3, 4), **values: Any
) -> Account:
    """A coordinator; of every ward and measure unless said."""
    chosen = municipality().wards if wards is None else wards
    return make_account(Role.COORDINATOR, wards=chosen, measures=measures, **values)


def make_organisation(
    *members: Account, districts: Iterable[str] = (DISTRICT,), **values: Any
) -> Organisation:
    number = next(numbers)
    return save(
        Organisation(
            **{
                "name": f"第{number}小学校",
                "kind": "elementary_school",
                "ward": WARD,
                "created_at": clock.now(),
                **values,
            },
            district_rows=[OrganisationDistrict(school_district=district) for district in districts],
            memberships=[Membership(account_id=member.id, created_at=clock.now()) for member in members],
        )
    )


def make_operator(*organisations: Organisation, **values: Any) -> Operator:
    """学校設置者 of these organisations."""
    operator = Operator(**{"name": f"設置者 {next(numbers)}", "created_at": clock.now(), **values})
    operator.organisations = list(organisations)
    return save(operator)


def make_requester(**values: Any) -> Account:
    """Somebody who may post requests, once a member of an organisation."""
    return make_account(Role.REQUESTER, **values)


def make_registrant(account: Account | None = None, **values: Any) -> Registrant:
    number = next(numbers)
    return save(
        Registrant(
            **{
                "account_id": account.id if account else None,
                "kind": RegistrantKind.PERSON,
                "name": f"登録 {number}",
                "kana": "とうろく はなこ",
                "email": f"registrant{number}@example.jp",
                "phone": f"090-0000-{number:04d}",
                "birth_year": 1960,
                "ward": WARD,
                "school_district": DISTRICT,
                "created_at": clock.now(),
                **values,
            }
        )
    )


def make_registration(
    registrant: Registrant | None = None,
    programme: str = "school_support",
    *,
    offering: str | None = "ミシンの縫い方",
    contact_sharing: bool = True,
    **values: Any,
) -> Registration:
    """An approved registration in force, with one offering of this title (None: without)."""
    registrant = registrant or make_registrant()
    registration = Registration(
        **{
            "registrant_id": registrant.id,
            "programme": programme,
            "status": APPROVED,
            "valid_until": date(2028, 3, 31),
            "submitted_at": clock.now(),
            "approved_at": clock.now() if values.get("status", APPROVED) is APPROVED else None,
            **values,
        }
    )
    purposes = [ConsentPurpose.RULES_OF_CONDUCT]
    purposes += [ConsentPurpose.CONTACT_SHARING] if contact_sharing else []
    registration.consents = [Consent(purpose=p, version="2026-10", given_at=clock.now()) for p in purposes]
    if offering is not None:
        registration.offerings = [
            Offering(
                registrant_id=registrant.id,
                title=offering,
                description=f"{offering}を、道具の準備から教えます。",
                created_at=clock.now(),
            )
        ]
    return save(registration)


def indexed(registration: Registration) -> Registration:
    """The registration, its offerings known to the index."""
    with transaction():
        for offering in registration.offerings:
            events.offering_changed.send(offering)
    return registration


def make_candidate(**values: Any) -> Registration:
    """A registration in force whose offering the index knows; values are the registrant's."""
    return indexed(make_registration(make_registrant(**values)))


def make_credential(registrant: Registrant, kind: str = "bosaishi", **values: Any) -> Credential:
    return save(Credential(**{"registrant_id": registrant.id, "kind": kind, **values}))


def make_course(*participants: CourseParticipant, **values: Any) -> Course:
    """A course that is over, leading to 防災士 without giving it."""
    usual = {
        "name": "令和8年度 防災士養成講座",
        "organiser": "熊本市",
        "kind": "bosaishi_training",
        "ward": WARD,
    }
    usual |= {"fiscal_year": 2026, "first_day": date(2026, 9, 5), "last_day": date(2026, 9, 6)}
    usual |= {"credential": "bosaishi", "created_at": clock.now()}
    return save(Course(**{**usual, **values}, participants=list(participants)))


def make_request(
    organisation: Organisation | None = None,
    *days: date,
    programmes: Iterable[str] = ("school_support", "lecturer"),
    hours: tuple[time, time] = (time(10, 0), time(11, 30)),
    **values: Any,
) -> SupportRequest:
    """An open request with a session on each of `days` (none given: one in three weeks)."""
    organisation = organisation or make_organisation()
    number = next(numbers)
    chosen = days or (clock.today() + timedelta(weeks=3),)
    return save(
        SupportRequest(
            **{
                "organisation_id": organisation.id,
                "status": RequestStatus.OPEN,
                "title": f"ミシンの授業の手伝い {number}",
                "description": "5年生の家庭科で、ミシンの糸通しを手伝ってほしい。",
                "headcount": 1,
                "participants": 30,
                "ward": WARD,
                "school_district": DISTRICT,
                "contact_name": "担当 教頭",
                "contact_phone": "096-000-0000",
                "contact_email": "school@example.jp",
                "insurance": "school",
                "created_at": clock.now(),
                **values,
            },
            programme_rows=[
                RequestProgramme(position=position, programme=programme)
                for position, programme in enumerate(programmes, 1)
            ],
            sessions=[make_session(day, *hours) for day in chosen],
        )
    )


def make_session(day: date, starts: time = time(10, 0), ends: time = time(11, 30)) -> Session:
    """A session, not yet saved."""
    return Session(starts_at=clock.at(day, starts), ends_at=clock.at(day, ends))


def make_match(
    request: SupportRequest | None = None,
    registration: Registration | None = None,
    status: MatchStatus = MatchStatus.OFFERED,
    **values: Any,
) -> Match:
    """A match of all the request's sessions, in any state."""
    request = request or make_request()
    registration = registration or make_registration()
    standing = status in STANDING
    taken = [m.place for m in db.session.query(Match).filter_by(request_id=request.id) if m.place]
    return save(
        Match(
            **{
                "request_id": request.id,
                "registrant_id": registration.registrant_id,
                "registration_id": registration.id,
                "programme": registration.programme,
                "measure": municipality().programmes[registration.programme].measure,
                "status": status,
                "origin": Origin.COORDINATOR,
                "place": max(taken, default=0) + 1 if standing else None,
                "created_at": clock.now(),
                "answer_by": clock.today() + timedelta(days=7),
                **values,
            },
            session_rows=[
                MatchSession(
                    session_id=session.id,
                    registrant_id=registration.registrant_id,
                    starts_at=session.starts_at,
                    ends_at=session.ends_at,
                    standing=standing,
                )
                for session in request.sessions
            ],
        )
    )


def make_reported(organisation: Organisation, day: date) -> SupportRequest:
    """A request whose one session is over and reported, ready to be confirmed."""
    request = make_request(organisation, day)
    match = make_match(request, make_registration(), MatchStatus.REPORTED)
    report = CompletionReport(
        request_id=request.id,
        session_id=request.sessions[0].id,
        held=True,
        minutes=90,
        participants=30,
        reported_at=clock.now(),
    )
    db.session.add(report)
    db.session.flush()
    report.attendances = [Attendance(match_id=match.id, came=True)]
    db.session.commit()
    return request


def make_count(match: Match, day: date, minutes: int = 60, participants: int = 10) -> LedgerEntry:
    """What was reported of the match on its last date (a seat: its appointment), and the count of that.

    Booked in the caller's transaction; made again, the report is the later one.
    """
    last = max(match.session_rows, key=lambda row: row.starts_at, default=None)
    of = {"request_id": match.request_id, "session_id": last.session_id if last else None}
    report = db.session.query(CompletionReport).filter_by(**of).first()
    if report is None:
        report = CompletionReport(**of, held=True, reported_at=clock.now())
        db.session.add(report)
    report.minutes, report.participants = minutes, participants
    if all(row.match_id != match.id for row in report.attendances):
        report.attendances.append(Attendance(match_id=match.id, came=True))
    db.session.flush()
    return ledger.count(count_values(match, Outcome(day, minutes, participants)))


def make_check(registrant: Registrant, operator: Operator, **values: Any) -> ChildSafetyCheck:
    """A check made today and valid for a year."""
    return save(
        ChildSafetyCheck(
            **{
                "registrant_id": registrant.id,
                "operator_id": operator.id,
                "checked_on": clock.today(),
                "valid_to": clock.today() + timedelta(days=365),
                "officer": "教育委員会 山田",
                "recorded_at": clock.now(),
                "recorded_by_id": make_account().id,
                **values,
            }
        )
    )


def make_words(*words: str, narrower: Iterable[str] = ()) -> ThesaurusGroup:
    """A group of the thesaurus."""
    with transaction():
        return enter_group(None, Group(words, tuple(narrower)))


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment by Tokyo's clocks."""
    return clock.at(day, time(hour, minute))


def make_dead_mail(**values: Any) -> OutboxMessage:
    """A mail given up after the last try."""
    usual = {
        "recipient": "hanako@example.jp",
        "subject": "件名: 内容",
        "body": "本文",
        "attempts": MAX_ATTEMPTS,
    }
    return save(OutboxMessage(**{**usual, "created_at": clock.now(), "due_at": clock.now(), **values}))


def make_renewal_notice(registration: Registration, **values: Any) -> RenewalNotice:
    """The registration asked in this fiscal year's round, to be renewed by a year."""
    year = clock.fiscal_year(clock.today())
    round_ = db.session.query(RenewalRound).filter_by(programme=registration.programme).first()
    round_ = round_ or save(
        RenewalRound(
            programme=registration.programme,
            fiscal_year=year,
            renews_until=clock.fiscal_year_end(year + 1),
            opened_at=clock.now(),
        )
    )
    usual = {"round_id": round_.id, "registration_id": registration.id, "channel": NoticeChannel.MAIL}
    return save(RenewalNotice(**{**usual, **values}))


def make_calendar_day(first: date, last: date | None = None, name: str = "夏休み") -> CalendarDay:
    """Days a series leaves out."""
    return save(CalendarDay(name=name, first_day=first, last_day=last or first))


def make_alternate(request: SupportRequest, registration: Registration, keeper: Account) -> Alternate:
    """The next alternate of the request, kept by this coordinator."""
    return save(
        Alternate(
            request_id=request.id,
            registrant_id=registration.registrant_id,
            kept_at=clock.now(),
            kept_by_id=keeper.id,
        )
    )


def make_change(match: Match, token: str) -> MatchChange:
    """The accepted person has been asked again and has not answered."""
    before = ["日時: 10月1日(木) 10:00〜11:30", "場所: 東区 家庭科室"]
    values = {"before": before, "token_hash": token_hash(token), "asked_at": clock.now()}
    return save(MatchChange(match_id=match.id, **values))


def make_objection(match: Match, by: Account | None = None) -> Objection:
    """An objection nobody has decided yet."""
    who = by or make_requester()
    return save(Objection(match_id=match.id, reason="fit", at=clock.now(), by_id=who.id))


def make_membership_request(organisation: Organisation, account: Account | None = None) -> MembershipRequest:
    """Somebody would like to speak for the organisation."""
    asker = account or make_account()
    values = {"organisation_id": organisation.id, "account_id": asker.id, "asked_at": clock.now()}
    return save(MembershipRequest(**values))

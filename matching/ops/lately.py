"""What has happened lately in the sample city: the states a city has, brought about by the verbs people use.

`flask demo` lets it happen once, after the files: some of it three weeks ago on a moved clock.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import cycle

from sqlalchemy import select

from matching.accounts.models import Account
from matching.indicators import figures
from matching.indicators import reports as year_reports
from matching.indicators.services import closing
from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.matcher import queries as matcher
from matching.matches import queries_gates
from matching.matches.models import AttemptResult, Channel, Match
from matching.matches.rules import usual_answer_by
from matching.matches.services import objections, offers, reports, safety, wishes
from matching.municipality.city import municipality
from matching.ops.sample import PAST_YEARS
from matching.organisations.models import Organisation
from matching.registry.models import Registrant, Registration, RegistrationStatus
from matching.registry.models_credentials import Credential
from matching.registry.rules import refusable
from matching.registry.services import availability, courses, credentials, life
from matching.requests import services as requests
from matching.requests.models import RequestProgramme, RequestStatus, SupportRequest

ASKED = 12  # open requests of the usual city for which somebody is asked
PEOPLE_OF_ONE = 400  # of a larger one: registrants for each such request
BEFORE, SINCE = timedelta(days=20), timedelta(days=6)
HOURS = time(10), time(11, 30)
NOBODY_FOUND = (  # for these: what the gap is made of
    *("校内の合唱発表会の録音", "合唱祭の録音と音響の調整"),
    *("ドローンで撮る校舎の写真", "ドローンの操縦の体験", "手話で歌う音楽の授業"),
)
HELPERS = 3  # of the request where children are met without a teacher


CAUSE = (
    "学校からの依頼が秋に集まり、活動できる人が足りませんでした。春のうちに学校へ予定を聞き、平日の昼に活動できる人を"
    "講座の修了者から募ります。"
)


def happen(admin: Account, coordinator: Account, requester: Account, school: Organisation, size: int) -> None:
    """Let it happen; what one person does at a time is a transaction of its own."""
    _closed(admin, coordinator)
    with transaction():
        _registrations(coordinator)
        _credentials(coordinator)
        _courses(coordinator)
    _past(coordinator, requester, school)
    with transaction():
        _written(coordinator, requester, school)
    _with_children(coordinator, requester, school)
    _asked(coordinator, max(ASKED, size // PEOPLE_OF_ONE))
    _applied(coordinator)


def _closed(admin: Account, coordinator: Account) -> None:
    """The first year with activities is over: one writes what was missing and proposes, another closes it."""
    year = clock.fiscal_year(clock.today()) - PAST_YEARS
    if year not in figures.years():
        return
    causes = {m.measure.number: CAUSE for m in year_reports.of_year(year).measures if m.needs_cause}
    with transaction():
        closing.write_causes(coordinator, year, causes, 1)
        closing.propose(coordinator, year)
    with transaction():
        closing.close(admin, year)


# --- the registry ---------------------------------------------------------------------------------------


def _registrations(coordinator: Account) -> None:
    """Some decided otherwise than approved, some ended, one person resting."""
    submitted, approved = (_some(s) for s in (RegistrationStatus.SUBMITTED, RegistrationStatus.APPROVED))
    life.return_registration(
        coordinator, next(submitted), "活動できる曜日を、もう少しくわしく書いてください。"
    )
    refused, city = next(submitted), municipality()
    purposes = refusable([city.programmes[refused.programme].refused_purposes], city.refusal_reasons)
    life.refuse_registration(coordinator, refused, next(iter(purposes)))
    life.withdraw(None, next(approved))
    life.suspend(coordinator, next(approved))
    life.revoke(coordinator, next(approved))
    resting = next(approved).registrant
    until = clock.today() + timedelta(days=40)
    availability.pause(coordinator, resting, resting.availability_version, until)


def _some(status: RegistrationStatus) -> Iterator[Registration]:
    """From the end of the list: the first ones belong to the sample accounts."""
    alike = select(Registration).where(Registration.status == status)
    return iter(db.session.scalars(alike.order_by(Registration.id.desc()).limit(ASKED)).all())


def _credentials(coordinator: Account) -> None:
    """Of the certificates with a last day the city has seen two: one has ended since, one ends soon."""
    stated = select(Credential).where(Credential.expires_on.is_not(None)).order_by(Credential.id)
    ended, ending = db.session.scalars(stated.limit(2)).all()
    for credential in (ended, ending):
        last = credential.expires_on
        assert last is not None
        with clock.frozen(clock.now() - BEFORE):
            seen = credentials.SeenValues(
                certificate_number=credential.certificate_number,
                issued_on=date(last.year - 3, last.month, 1),
                expires_on=last,
                evidence="original",
            )
            credentials.verify_credential(coordinator, credential, credential.version, seen)
    credentials.expire(ended.id)


def _courses(coordinator: Account) -> None:
    """One that some have completed, one that begins soon with somebody not registered yet."""
    today, ward = clock.today(), min(coordinator.wards)
    people = db.session.scalars(select(Registrant).order_by(Registrant.id.desc()).limit(5)).all()
    held = courses.CourseValues(
        name="普通救命講習（秋）",
        organiser="熊本市消防局",
        kind="life_support",
        ward=ward,
        first_day=today - BEFORE,
        last_day=today - SINCE,
    )
    coming = replace(held, name="普通救命講習（次回）", first_day=today + SINCE, last_day=today + BEFORE)
    done, next_ = (courses.enter_course(coordinator, values) for values in (held, coming))
    taking = [courses.add_registrant(coordinator, done, person) for person in people]
    courses.complete(coordinator, done, [participant.code for participant in taking[:3]])
    courses.add_registrant(coordinator, next_, people[0])
    courses.add_person(
        coordinator, next_, name="見本 参加者", kana="みほん さんかしゃ", email="taking@sample.example.jp"
    )


# --- requests and matches -------------------------------------------------------------------------------


def _past(coordinator: Account, requester: Account, school: Organisation) -> None:
    """Opened three weeks ago for a day gone by: one is to be confirmed, for the others nobody was found."""
    today = clock.today()
    with clock.frozen(clock.now() - BEFORE):
        helped = _opened(coordinator, requester, school, "昔あそびの会の手伝い", today - SINCE)
        match = _agreed(coordinator, helped)
        unmet = [_opened(coordinator, requester, school, title, today - SINCE) for title in NOBODY_FOUND]
    if match is not None:
        told = reports.ReportValues(held=True, minutes=90, participants=32, came=frozenset({match.code}))
        with transaction():
            reports.report(requester, helped, helped.sessions[0], told)
    for request in unmet:
        with transaction():
            reports.close(coordinator, request)


def _written(coordinator: Account, requester: Account, school: Organisation) -> None:
    """A draft, one to be checked, one sent back, one called off."""
    day = clock.today() + timedelta(days=50)
    requests.enter_request(requester, school, _wanted(school, "卒業を祝う会の飾りつけ", day))
    to_check = requests.enter_request(requester, school, _wanted(school, "校区たんけんの付き添い", day))
    requests.submit_request(requester, to_check)
    returned = requests.enter_request(requester, school, _wanted(school, "運動会の準備", day))
    requests.submit_request(requester, returned)
    requests.return_request(coordinator, returned, "雨の日はどうするかを書いてください。")
    off = requests.enter_request(requester, school, _wanted(school, "もちつき大会の手伝い", day))
    requests.submit_request(requester, off)
    requests.cancel_request(requester, off, "solved")


def _with_children(coordinator: Account, requester: Account, school: Organisation) -> None:
    """Helpers who meet children without a teacher: the school's operator has checked one, one waits; one
    the school would rather not have."""
    in_force = municipality().child_safety.in_force
    day = max(clock.today(), in_force) + timedelta(days=45)
    request = _opened(
        *(coordinator, requester, school, "放課後の昔あそびと読み聞かせ", day),
        headcount=HELPERS,
        teacher_present=False,
    )
    agreed = [match for _ in range(HELPERS) if (match := _agreed(coordinator, request)) is not None]
    today, valid_to = clock.today(), day + timedelta(days=30)
    with transaction():
        for match in agreed[:1]:
            safety.record_check(requester, match, today, "見本 教頭", valid_to)
        for match in agreed[2:]:
            objections.object_to(requester, match, "dates")


def _asked(coordinator: Account, number: int) -> None:
    """Of the requests that look for people some are filled, some asked, some refused, some not reached."""
    alike = select(SupportRequest).where(
        SupportRequest.status == RequestStatus.OPEN,
        SupportRequest.sessions.any(),
        ~SupportRequest.programme_rows.any(RequestProgramme.programme == "stage"),
    )
    answers: Iterator[Callable[[Match], object]] = cycle(
        (
            lambda match: None,
            lambda match: offers.accept(None, match),
            lambda match: offers.decline(None, match, "busy"),
            lambda match: offers.record_attempt(
                coordinator, match, Channel.TELEPHONE, AttemptResult.NO_ANSWER
            ),
        )
    )
    for request in db.session.scalars(alike.order_by(SupportRequest.id).limit(number)).all():
        match = _offered(coordinator, request)
        if match is not None:
            with transaction():
                next(answers)(match)


def _applied(coordinator: Account) -> None:
    """The stages have applications, told by telephone."""
    alike = select(SupportRequest).where(
        SupportRequest.status == RequestStatus.OPEN,
        SupportRequest.programme_rows.any(RequestProgramme.programme == "stage"),
    )
    for stage in db.session.scalars(alike).all():
        for found in _passing(stage)[:2]:
            with transaction():
                wishes.wish(
                    coordinator,
                    stage,
                    _registrant(found.registrant),
                    score=found.score,
                    reasons=found.reasons,
                )


def _wanted(
    school: Organisation, title: str, day: date, *, headcount: int = 1, teacher_present: bool = True
) -> requests.RequestValues:
    return requests.RequestValues(
        title=title,
        description=f"{title}をお願いします。子どもたちのそばで、準備と片づけも手伝ってください。",
        ward=school.ward,
        school_district=next(iter(school.districts), ""),
        audience="小学生",
        minors=True,
        teacher_present=teacher_present,
        continuing=not teacher_present,
        one_to_one=False,
        headcount=headcount,
        participants=30,
        format="in_person",
        fee="unpaid",
        insurance="school",
        programmes=("school_support", "manabi_time"),
        sessions=(tuple(clock.at(day, hour) for hour in HOURS),),  # type: ignore[arg-type]
        deadline=day - timedelta(days=7),
    )


def _opened(
    coordinator: Account,
    requester: Account,
    school: Organisation,
    title: str,
    day: date,
    **values: int,
) -> SupportRequest:
    with transaction():
        made = requests.enter_request(requester, school, _wanted(school, title, day, **values))  # type: ignore[arg-type]
        requests.submit_request(requester, made)
        requests.open_request(coordinator, made)
        return made


def _passing(request: SupportRequest) -> list[matcher.Candidate]:
    return [found for found in matcher.candidates(request, nearest=True) if found.passes and not found.asked]


def _registrant(code: str) -> Registrant:
    return db.session.scalars(select(Registrant).filter_by(code=code)).one()


def _offered(coordinator: Account, request: SupportRequest) -> Match | None:
    """The best candidate is asked; None where nobody can take it on."""
    found = next(iter(_passing(request)), None)
    if found is None:
        return None
    terms = offers.Terms(
        answer_by=usual_answer_by(clock.today(), queries_gates.wanted(request).first_day),
        score=found.score,
        rank=found.rank,
        reasons=found.reasons,
    )
    with transaction():
        return offers.approve_match(coordinator, request, _registrant(found.registrant), terms)


def _agreed(coordinator: Account, request: SupportRequest) -> Match | None:
    match = _offered(coordinator, request)
    if match is not None:
        with transaction():
            offers.accept(None, match)
    return match

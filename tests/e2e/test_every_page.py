"""Every page that can be opened: at both widths, by axe, without a word to another address."""

from datetime import date, time, timedelta

import pytest

from matching.accounts.models import AccountRole, LinkPurpose
from matching.accounts.services import send_link
from matching.indicators.services.halfway import write_halfway
from matching.kernel import clock
from matching.kernel.codes import token_hash
from matching.kernel.db import db, transaction
from matching.kernel.permissions import Role
from matching.matches.models import MatchStatus, Origin
from matching.matches.services.offers import Terms, approve_match
from matching.registry.models import Consent, ConsentPurpose, RegistrationStatus, WeeklyHours
from matching.registry.models_courses import CourseParticipant
from matching.registry.models_credentials import Verification
from matching.registry.models_renewal import NoticeChannel
from matching.requests.models import RequestStatus
from matching.words.services import remove_group
from tests.factories import (
    indexed,
    make_account,
    make_alternate,
    make_calendar_day,
    make_candidate,
    make_change,
    make_check,
    make_coordinator,
    make_course,
    make_credential,
    make_dead_mail,
    make_match,
    make_membership_request,
    make_objection,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_renewal_notice,
    make_request,
    make_words,
    save,
)


@pytest.fixture
def everybody(app):
    """One account in every role, so that one person may open everything."""
    account = make_coordinator(name="見本 太郎")
    account.role_rows += [AccountRole(role=Role.ADMIN), AccountRole(role=Role.REQUESTER)]
    db.session.commit()
    return account


def pages(account):
    """(name, path) of every kind of page in a state that has something to show."""
    school = make_organisation(account)
    mine = make_registration(make_registrant(account))
    waiting = make_registration(make_registrant(), "bosaishi", status=RegistrationStatus.SUBMITTED)
    make_registration(mine.registrant, "lecturer", status=RegistrationStatus.DRAFT)
    soon = clock.today() + timedelta(days=30)
    open_ = make_request(school, soon, soon + timedelta(days=7))
    other = make_registration()
    for registration in (mine, waiting, other):
        indexed(registration)
    make_renewal_notice(make_registration(programme="lecturer"), channel=NoticeChannel.LETTER)
    make_registration(programme="lecturer", valid_until=date(2027, 3, 31))
    make_dead_mail()
    leader = make_registration(make_registrant(name="防災 花子"), "bosaishi")
    leader.consents.append(
        Consent(purpose=ConsentPurpose.LOCAL_LEADER, version="2026-11", given_at=clock.now())
    )
    draft = make_request(school, status=RequestStatus.DRAFT)
    incomplete = make_request(school, status=RequestStatus.SUBMITTED, minors=True)
    make_calendar_day(clock.today() + timedelta(days=80), clock.today() + timedelta(days=90), "冬休み")
    uninsured = make_request(
        school, soon, insurance="", travel_cost="requester", parking="正門の横に2台", special_needs="車いす"
    )
    offered = make_match(make_request(make_organisation(), soon), mine)
    accepted = make_match(open_, other, MatchStatus.ACCEPTED)
    altered = make_match(make_request(school, soon), make_registration(), MatchStatus.ACCEPTED)
    make_change(altered, "a-token-for-the-picture")
    make_alternate(altered.request, make_registration(), account)
    objected = make_match(make_request(make_organisation(), soon), make_registration(), MatchStatus.ACCEPTED)
    make_objection(objected)
    make_membership_request(school)
    past = make_match(make_request(school, date(2026, 9, 15)), make_registration(), MatchStatus.ACCEPTED)
    done = make_match(make_request(school, date(2026, 9, 10)), make_registration(), MatchStatus.COMPLETED)
    colleague = make_coordinator()
    kimono = make_words("着物", "きもの", "和服", narrower=["浴衣"])
    sewing = make_words("家庭科", "縫い方")
    removed = make_words("習字", "書道")
    with transaction():
        remove_group(account, removed, removed.version)
    with transaction():
        write_halfway(account, "四つの取組は進んだ。\n後半は災害の取組に力を入れる。", 1)
    later = soon + timedelta(days=3)
    wanted = make_request(None, later, deadline=soon, fee="expenses", minors=True, teacher_present=True)
    make_request(None, later + timedelta(days=1), later + timedelta(days=2), title="手芸クラブのミシン")
    wished = make_match(wanted, other, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
    own_wish = make_match(make_request(None, later), mine, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
    make_request(None, soon, ward="西区")
    stage = make_request(
        school, soon, title="公民館まつりの舞台", programmes=("stage",), equipment="マイク2本"
    )
    pianist = make_registration(programme="stage", offering="大正琴の発表")
    applied = make_match(stage, pianist, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
    picked = make_match(
        stage,
        make_registration(programme="stage", offering="切り絵の展示"),
        MatchStatus.PROPOSED,
        origin=Origin.REGISTRANT,
        chosen_at=clock.now(),
    )
    stage_draft = make_request(school, programmes=("stage",), status=RequestStatus.DRAFT)
    operator = make_operator(school, name="熊本市")
    unwatched = {"minors": True, "teacher_present": False, "continuing": True, "one_to_one": False}
    waits = make_match(
        make_request(school, date(2027, 1, 12), date(2027, 1, 19), **unwatched),
        make_registration(),
        MatchStatus.ACCEPTED,
    )
    make_check(waits.registrant, operator, valid_to=date(2027, 1, 15))
    mine.registrant.areas = ["東区"]
    db.session.commit()
    stated = make_credential(
        waiting.registrant, certificate_number="123456", verification=Verification.STATED
    )
    twin = {"certificate_number": "第123-456号", "verification": Verification.STATED}
    make_credential(other.registrant, **twin)
    seen = make_credential(
        other.registrant,
        "first_aid_instructor",
        expires_on=soon,
        verification=Verification.VERIFIED,
        verified_at=clock.now(),
        verified_by_id=colleague.id,
        evidence="original",
    )
    for title in ("窯で焼く陶芸", "陶芸の窯の番", "馬に乗る"):
        gone = date(2026, 9, 8)
        make_request(
            None, gone, title=title, description=title, status=RequestStatus.UNMET, opened_at=clock.now()
        )
    course = make_course(
        CourseParticipant(name="新人 花子", kana="しんじん はなこ"),
        CourseParticipant(registrant=other.registrant, completed_at=clock.now()),
    )
    yield from (
        ("home", "/"),
        ("registry", "/registry"),
        ("queue", "/registry/queue"),
        ("registration", f"/registry/registrations/{waiting.code}"),
        ("registration-approved", f"/registry/registrations/{other.code}"),
        ("me", "/registry/me"),
        ("leave", "/registry/me/leave"),
        ("merge", f"/registry/registrants/{other.registrant.code}/merge/{waiting.registrant.code}"),
        ("erase", f"/registry/registrants/{other.registrant.code}/erase"),
        ("ended", "/registry/ended"),
        ("withdraw", f"/registry/registrations/{mine.code}/withdraw"),
        ("suspend", f"/registry/registrations/{other.code}/suspend"),
        ("revoke", f"/registry/registrations/{waiting.code}/revoke"),
        ("registrations", "/registry/registrations"),
        ("renewals", "/registry/renewals"),
        ("renewal-round", "/registry/renewals/lecturer"),
        ("renewal-letters", "/registry/renewals/lecturer/letters"),
        ("mail", "/mail"),
        ("register-person", "/registry/register/person"),
        ("register-offering", "/registry/register/offering"),
        ("register-availability", "/registry/register/availability"),
        ("register-consents", "/registry/register/consents"),
        ("register-check", "/registry/register/check"),
        ("paper", "/registry/enter"),
        ("credentials", "/registry/credentials"),
        ("credential", f"/registry/credentials/{stated.code}"),
        ("credential-verified", f"/registry/credentials/{seen.code}"),
        ("courses", "/registry/courses"),
        ("course-new", "/registry/courses/new"),
        ("course", f"/registry/courses/{course.code}"),
        ("availability", "/registry/availability"),
        ("availability-pause", "/registry/availability/pause"),
        ("consents", "/registry/consents"),
        ("consent-withdraw", f"/registry/registrations/{mine.code}/consents/rules_of_conduct/withdraw"),
        ("disclosures", "/registry/disclosures"),
        ("disclosures-of", f"/registry/registrations/{mine.code}/disclosures"),
        ("organisations", "/organisations"),
        ("organisation-new", "/organisations/new"),
        ("organisation", f"/organisations/{school.code}"),
        ("organisation-edit", f"/organisations/{school.code}/edit"),
        ("organisation-hand-over", f"/organisations/{school.code}/hand-over"),
        ("organisation-join", "/organisations/join?q=小学校"),
        ("requests", "/requests"),
        ("request-choose", "/requests/choose"),
        ("request-new", "/requests/new"),
        ("request-new-series", "/requests/new?template=study_time"),
        ("drills", "/drills"),
        ("leaders", "/registry/leaders"),
        ("leaders-district", "/registry/leaders?school_district=健軍"),
        ("request-edit", f"/requests/{draft.code}/edit"),
        ("request-submitted", f"/requests/{incomplete.code}"),
        ("request-copy", f"/requests/{open_.code}/copy"),
        ("request-insurance", f"/requests/{uninsured.code}/insurance"),
        ("request-uninsured", f"/requests/{uninsured.code}"),
        ("calendar", "/requests/calendar"),
        ("request-change", f"/requests/{open_.code}/change"),
        ("match-changed", f"/matches/{altered.code}"),
        ("answer-changed", "/changes/a-token-for-the-picture"),
        ("match-objected", f"/matches/{objected.code}"),
        ("request-alternates", f"/requests/{altered.request.code}"),
        ("request-return", f"/requests/{incomplete.code}/return"),
        ("request-refuse", f"/requests/{incomplete.code}/refuse"),
        ("programmes", "/programmes"),
        ("programme", "/programmes/women_talent"),
        ("request-cancel", f"/requests/{open_.code}/cancel"),
        ("request-open", f"/requests/{open_.code}"),
        ("candidates", f"/requests/{open_.code}/candidates"),
        ("plan", "/plan"),
        ("report", f"/requests/{past.request.code}/report/{past.request.sessions[0].code}"),
        ("request-past", f"/requests/{past.request.code}"),
        ("openings", "/openings"),
        ("stages", "/stages"),
        ("stage-new", "/requests/stages/new"),
        ("stage-edit", f"/requests/{stage_draft.code}/edit"),
        ("stage", f"/requests/{stage.code}"),
        ("stage-applied", f"/matches/{applied.code}"),
        ("stage-chosen", f"/matches/{picked.code}"),
        ("programme-stage", "/programmes/stage"),
        ("candidates-wished", f"/requests/{wanted.code}/candidates"),
        ("request-wished", f"/requests/{wanted.code}"),
        ("match-wished", f"/matches/{wished.code}"),
        ("match-own-wish", f"/matches/{own_wish.code}"),
        ("matches", "/matches"),
        ("match-offered", f"/matches/{offered.code}"),
        ("match-accepted", f"/matches/{accepted.code}"),
        ("match-completed", f"/matches/{done.code}"),
        ("match-unchecked", f"/matches/{waits.code}"),
        ("check", f"/matches/{waits.code}/child-safety"),
        ("child-safety", "/child-safety"),
        ("operators", "/operators"),
        ("operator", f"/operators/{operator.code}"),
        ("words", "/words"),
        ("words-found", "/words?q=着"),
        ("words-not-found", "/words?q=将棋"),
        ("words-new", "/words/new"),
        ("words-group", f"/words/{kimono.code}"),
        ("words-removed", f"/words/{removed.code}"),
        ("words-remove", f"/words/{sewing.code}/remove"),
        ("words-history", "/words/history"),
        ("words-version", "/words/versions/2"),
        ("staff", "/accounts"),
        ("scope", f"/accounts/{colleague.code}"),
        ("indicators", "/indicators"),
        ("indicators-past", "/indicators?fiscal_year=2025"),
        ("entries", "/indicators/2026/measures/3"),
        ("areas", "/indicators/2026/areas"),
        ("circulation", "/indicators/circulation"),
        ("ahead", "/indicators/2026/ahead"),
        ("equity", "/indicators/2026/equity"),
        ("gap", "/indicators/2026/gap"),
        ("figure", "/indicators/2026/figures/participants"),
        ("targets", "/indicators/targets/2026"),
        ("survey", "/indicators/survey/2026"),
        ("halfway", "/indicators/halfway"),
        ("review", "/indicators/2025/review"),
        ("not-found", "/no-such-page"),
    )


def test_every_page_of_somebody_signed_in(person, clients, everybody):
    somebody = person()
    browser = clients(everybody)
    cookie = browser.get_cookie("manabi")
    somebody.context.add_cookies([{"name": "manabi", "value": cookie.value, "url": somebody.address}])
    for name, path in pages(everybody):
        somebody.open(path).check(name)
        assert (name == "not-found") == somebody.sees("ページが見つかりません"), name


def test_the_ways_of_staff_stand_in_a_line_at_a_desk(window, everybody):
    """Whatever is folded is reached by one more press, without a script."""
    make_registration(make_registrant(everybody))
    somebody = window(everybody).open("/words")
    line = somebody.page.locator(".places")
    assert line.bounding_box()["height"] < 1.5 * line.locator("li").first.bounding_box()["height"]
    somebody.page.get_by_text("そのほか").click()
    somebody.check("folded-places")
    somebody.page.get_by_role("link", name="わたしの登録").click()
    assert somebody.page.url.endswith("/registry") and not somebody.page.locator(".more ul").is_visible()


def test_a_plan_and_what_became_of_it(person, clients, app):
    """The same plan in two windows: the second offers what the first left ticked, and is told the rest."""
    first, second = (make_coordinator() for _ in range(2))
    days = [clock.today() + timedelta(days=20 + n) for n in range(3)]
    requests = [
        make_request(None, days[0], headcount=3),
        make_request(None, days[1]),
        make_request(None, *days),
    ]
    helpers = [
        make_candidate(monthly_limit=3),
        make_candidate(monthly_limit=3),
        make_candidate(areas=["西区"]),
    ]
    windows = []
    for account in (first, second):
        somebody = person()
        cookie = clients(account).get_cookie("manabi")
        somebody.context.add_cookies([{"name": "manabi", "value": cookie.value, "url": somebody.address}])
        somebody.open("/plan").check("plan-shortage")
        windows.append(somebody)
    for box in windows[0].page.locator("[name=chosen]").all()[1:]:
        box.uncheck()
    windows[0].press("選んだものを打診する").check("plan-offered")
    assert windows[0].sees("打診しました（1件）")
    windows[1].press("選んだものを打診する").check("plan-refused")
    assert windows[1].sees("打診できなかったもの（1件）")
    assert len(requests) == len(helpers)


def test_where_one_person_stands(person, clients, everybody):
    somebody = person()
    cookie = clients(everybody).get_cookie("manabi")
    somebody.context.add_cookies([{"name": "manabi", "value": cookie.value, "url": somebody.address}])
    request = make_request(None, clock.today() + timedelta(days=30), clock.today() + timedelta(days=37))
    free = make_registration(make_registrant(name="中村 和子", kana="なかむら かずこ"))
    elsewhere = make_registrant(name="中村 夏子", kana="なかむら なつこ", areas=["西区"])
    hindered = make_registration(elsewhere)
    save(WeeklyHours(registrant_id=elsewhere.id, weekday=5, starts=time(13), ends=time(15)))
    make_match(make_request(None, date(2026, 9, 1)), hindered, MatchStatus.NO_SHOW, offered_at=clock.now())
    for registration in (free, hindered):
        indexed(registration)
    page = f"/requests/{request.code}/candidates"
    somebody.open(page)
    somebody.page.locator("summary", has_text="期限").first.click()
    somebody.check("candidates-failing")
    for name, typed, answer in (
        ("who-several", "ナカムラ", "どの方ですか"),
        ("who-failing", "中村夏子", "今は打診できません"),
        ("who-nobody", "だれそれ", "見つかりません"),
        ("who-empty", "", "お名前を入力してください"),
    ):
        somebody.open(page).fill(who=typed).press("順位と理由を見る").check(name)
        assert somebody.sees(answer)


def test_every_page_without_signing_in(person, spool):
    somebody = person()
    make_account(email="old@example.jp")
    registration, coordinator = make_registration(contact_sharing=False), make_coordinator()
    make_renewal_notice(registration, token_hash=token_hash("asked"))
    request = make_request(None, clock.today() + timedelta(days=9))
    with transaction():
        send_link(LinkPurpose.SIGN_UP, "new@example.jp")
        send_link(LinkPurpose.RESET, "old@example.jp")
        approve_match(coordinator, request, registration.registrant, Terms(answer_by=clock.today()))
    for name, path in (
        ("landing", "/"),
        ("sign-in", "/sign-in"),
        ("sign-up", "/sign-up"),
        ("reset", "/reset"),
        ("follow", spool("new@example.jp")),
        ("follow-reset", spool("old@example.jp")),
        ("link-ended", "/sign-up/no-such-link"),
        ("answer", spool(registration.registrant.email)),
        ("indicators", "/indicators"),
        ("renew", "/renew/asked"),
    ):
        somebody.open(path).check(name)

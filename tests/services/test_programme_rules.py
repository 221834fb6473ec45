"""Rules × tests: each rule of the settings is broken once by a typed verb; it names rule and article.

CASES has one entry for every rule there is (asserted): entering another one asks for its case here.
"""

import html
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.errors import AppError, Invalid, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import MatchStatus
from matching.matches.services import changes, offers
from matching.municipality.rulebook import NAMES, PLAIN
from matching.registry import rules as registry_rules
from matching.registry.models import (
    Consent,
    ConsentPurpose,
    RegistrationDocument,
    RegistrationStatus,
)
from matching.registry.services import life, renewal
from matching.requests import services
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)
from tests.support.rulebook import ARTICLE, enter_rules

DAY = date(2026, 10, 20)
END = date(2027, 3, 31)
PROGRAMME = "lecturer"


def sent(programme=PROGRAMME, **person):
    """Somebody's application, sent."""
    registration = make_registration(
        make_registrant(**person), programme, status=RegistrationStatus.DRAFT, valid_until=None
    )
    with transaction():
        life.submit_registrations(None, registration.registrant, [registration])
    return registration


def approved(documents=(), until=END, programme=PROGRAMME):
    registration = make_registration(programme=programme, status=RegistrationStatus.SUBMITTED)
    with transaction():
        life.approve_registration(make_coordinator(), registration, until, documents)
    return registration


def posted(organisation=None, day=DAY, **values):
    """An organisation's request, sent."""
    programmes = values.pop("programmes", (PROGRAMME,))
    request = make_request(organisation, day, programmes=programmes, status=RequestStatus.DRAFT, **values)
    with transaction():
        services.submit_request(None, request)
    return request


def second_of_a_year():
    school = make_organisation()
    posted(school)
    posted(school, date(2027, 4, 1))  # the next fiscal year is another year
    posted(school)


def written():
    organisation = make_organisation(kind="nonprofit")
    services.enter_request(
        None,
        organisation,
        services.RequestValues(title="件名", description="内容", ward="東区", programmes=("women_talent",)),
    )


def offered(**request):
    registration = make_registration(programme=PROGRAMME)
    make_match(make_request(None, DAY), registration, MatchStatus.ACCEPTED)
    another = make_request(None, DAY + timedelta(days=1), programmes=(PROGRAMME,), **request)
    return propose(another, registration)


def seat():
    registration = make_registration(programme=PROGRAMME)
    sitting = make_seat(term_start=date(2026, 9, 1), term_end=date(2028, 8, 31))
    make_match(sitting, registration, MatchStatus.ACCEPTED)
    return propose(make_seat(term_start=date(2026, 11, 1), term_end=date(2028, 10, 31)), registration)


def make_seat(**months):
    request = make_request(None, programmes=(PROGRAMME,), **months)
    request.sessions.clear()
    db.session.commit()
    return request


def propose(request, registration):
    terms = offers.Terms(answer_by=date(2026, 10, 8))
    with transaction():
        return offers.approve_match(make_coordinator(), request, registration.registrant, terms)


# rule → (its value, what breaks it); None: it refuses nothing, and a test of this name says what it does
CASES = {
    "term": (3, lambda: approved(until=date(2028, 3, 31))),
    "minimum_age": (20, lambda: sent(birth_year=2007)),
    "guardian_age": (20, lambda: sent(birth_year=2007)),
    "documents": (["consent_form", "roster"], lambda: approved(["roster"])),
    "yearly_limit": (1, second_of_a_year),
    "lead_days": (20, posted),
    "minimum_group": (31, posted),
    "monthly_limit": (1, offered),
    "seat_limit": (1, seat),
    "refused_purposes": None,
    "renewal_month": (1, lambda: renewal.open_round(make_coordinator(), PROGRAMME, date(2028, 3, 31))),
    "published_fields": None,
    "searchers": None,
    # plain values of a programme, with an article
    "requesters": ("women_talent", written),
    "credentials": ("bosaishi", lambda: approved(programme="bosaishi")),
    "consents": ("school_support", lambda: sent("school_support")),
    "staff_only": None,
}


def test_every_rule_has_its_case():
    assert set(CASES) == set(NAMES)
    told = {key for key, case in CASES.items() if case is None}
    assert all(f"test_{key}" in globals() for key in told), told


REFUSING = [key for key, case in CASES.items() if case]


@pytest.mark.parametrize("key", REFUSING)
def test_a_refusal_names_the_rule_and_the_article(app, monkeypatch, key):
    value, breaks = CASES[key]
    if key in PLAIN:
        enter_rules(app, monkeypatch, value, articles={key: ARTICLE})
    else:
        enter_rules(app, monkeypatch, PROGRAMME, **{key: value})
    with pytest.raises(AppError) as refusal:
        breaks()
    assert ARTICLE in refusal.value.sentence
    if key not in ("monthly_limit", "seat_limit"):  # gates say what they count
        assert f"決まり「{NAMES[key]}」" in refusal.value.sentence


@pytest.mark.parametrize("key", [key for key in REFUSING if key not in (*PLAIN, "guardian_age")])
def test_what_is_not_entered_refuses_nothing(app, key):
    CASES[key][1]()


def test_refused_purposes(app, monkeypatch):
    """A request is refused with a code of the rule, and the requester reads the reason and the article."""
    enter_rules(app, monkeypatch, PROGRAMME, refused_purposes=["commercial"])
    request, coordinator = posted(), make_coordinator()
    with pytest.raises(Invalid), transaction():
        services.refuse_request(coordinator, request, "political")
    with transaction():
        services.refuse_request(coordinator, request, "commercial")
    with transaction():
        services.refuse_request(coordinator, request, "commercial")  # once more changes nothing
    assert (request.status, request.refusal_reason) == (RequestStatus.CANCELLED, "commercial")
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.subject.contains("お受け"))).all()
    assert [f"営利を目的とするため（{ARTICLE}）" in mail.body for mail in mails] == [True]
    registration = make_registration(programme=PROGRAMME, status=RegistrationStatus.SUBMITTED)
    with pytest.raises(Invalid), transaction():
        life.refuse_registration(coordinator, registration, "political")
    with transaction():
        life.refuse_registration(coordinator, registration, "commercial")
    assert registration.status is RegistrationStatus.REFUSED


def test_a_date_that_moves_into_another_year_is_held_against_that_years_limit(app, monkeypatch):
    enter_rules(app, monkeypatch, PROGRAMME, yearly_limit=1)
    school = make_organisation()
    posted(school, date(2027, 4, 13))
    request = make_request(school, DAY, programmes=(PROGRAMME,))

    def move(day, place=""):
        spans = {session.code: (at(day), at(day, 11)) for session in request.sessions}
        with transaction():
            changes.change(make_requester(), request, changes.NewValues(spans, place), request.version)

    with pytest.raises(Invalid) as refused:
        move(date(2027, 4, 20))
    assert refused.value.field == "sessions" and ARTICLE in refused.value.sentence
    move(DAY + timedelta(days=1), "体育館")  # the same year: nothing new is asked of it
    assert request.place == "体育館"


def test_an_open_request_is_not_refused(app):
    request = make_request()
    with pytest.raises(RuleViolation, match="募集中"), transaction():
        services.refuse_request(make_coordinator(), request, "political")


def test_the_renewal_month_is_told(app, monkeypatch, clients):
    from tests.factories import make_account

    enter_rules(app, monkeypatch, PROGRAMME, renewal_month=1)
    account = make_account()
    make_registration(make_registrant(account), PROGRAMME, valid_until=END)
    page = clients(account).get("/registry").get_data(as_text=True)
    assert f"更新の受付は2027年1月1日からです（{ARTICLE}）" in page
    assert registry_rules.renewal_opens(END, None) is None


def listed(title, *purposes, programme=PROGRAMME, **values):
    registration = make_registration(
        make_registrant(public_name=f"{title}の先生"), programme, offering=title, **values
    )
    registration.consents += [Consent(purpose=p, version="1", given_at=clock.now()) for p in purposes]
    db.session.commit()
    return registration


def test_published_fields(app, monkeypatch, clients):
    """Only the fields of the rule, only by consent, only in force."""
    enter_rules(app, monkeypatch, PROGRAMME, published_fields=["title", "public_name"], searchers="anyone")
    shown = listed("水彩画", ConsentPurpose.PUBLIC_LISTING)
    listed("俳句")
    listed("囲碁", ConsentPurpose.PUBLIC_LISTING, valid_until=date(2026, 3, 31))
    taken_back = listed("将棋", ConsentPurpose.PUBLIC_LISTING)
    taken_back.consents[-1].withdrawn_at = clock.now()
    listed("書道", ConsentPurpose.PUBLIC_LISTING, programme="aiport")
    db.session.commit()
    page = clients().get(f"/programmes/{PROGRAMME}").get_data(as_text=True)
    assert "水彩画" in page and "水彩画の先生" in page
    assert not any(word in page for word in ("俳句", "囲碁", "将棋", "書道", "道具の準備"))
    registrant = shown.registrant
    assert not any(
        word in page for word in (registrant.name, registrant.kana, registrant.phone, registrant.email)
    )


@pytest.mark.parametrize("who", ["anyone", "requesters", "coordinators", None])
def test_searchers(app, monkeypatch, clients, who):
    from tests.factories import make_account, make_requester

    rules = {"published_fields": ["title"]} | ({"searchers": who} if who else {})
    enter_rules(app, monkeypatch, PROGRAMME, **rules)
    listed("水彩画", ConsentPurpose.PUBLIC_LISTING)
    seen = [
        "水彩画" in clients(account).get(f"/programmes/{PROGRAMME}").get_data(as_text=True)
        for account in (None, make_account(), make_requester(), make_coordinator())
    ]
    assert seen == [who == "anyone", who == "anyone", who in ("anyone", "requesters"), True]


def test_staff_only(app, monkeypatch, clients):
    """女性人材リスト is never listed, whatever the person consented to and whoever asks."""
    listed("行政法", ConsentPurpose.PUBLIC_LISTING, programme="women_talent")
    enter_rules(app, monkeypatch, "women_talent", searchers="anyone", published_fields=["title"])
    for account in (None, make_coordinator()):
        page = clients(account).get("/programmes/women_talent").get_data(as_text=True)
        assert "行政法" not in page


def test_a_guardians_consent_names_the_law_where_the_city_says_nothing(app):
    with pytest.raises(Invalid, match=r"保護者の同意」（民法第5条）"):
        sent(birth_year=2010, guardian_name="山田 一郎")


def test_documents_are_kept_with_who_saw_them(app, monkeypatch):
    enter_rules(app, monkeypatch, PROGRAMME, documents=["roster"])
    registration = approved(["roster", "recommendation"])  # the second is not asked for
    seen = db.session.scalars(select(RegistrationDocument)).all()
    assert [(row.registration_id, row.kind, row.seen_at) for row in seen] == [
        (registration.id, "roster", clock.now())
    ]
    again = make_coordinator()
    registration.status = RegistrationStatus.SUBMITTED
    db.session.commit()
    with transaction():
        life.approve_registration(again, registration, END, ["roster"])
    assert [row.seen_by_id for row in db.session.scalars(select(RegistrationDocument))] == [again.id]


def test_a_guardian_who_is_the_minor(app):
    with pytest.raises(Invalid, match="ご本人とは別の") as refusal:
        sent(birth_year=2010, name="山田 花子", guardian_name="山田花子")
    assert refusal.value.field == "guardian_name"


def test_the_limit_of_a_year_binds_at_opening_too(app, monkeypatch):
    """One sent before the rule was entered waits; lead time is of the day it was sent."""
    school = make_organisation()
    waiting, other = posted(school), posted(school)
    enter_rules(app, monkeypatch, PROGRAMME, yearly_limit=1, lead_days=300)
    with pytest.raises(RuleViolation, match="1団体の回数"), transaction():
        services.open_request(None, waiting)
    with transaction():
        services.cancel_request(make_coordinator(), other, "other")
    with transaction():
        services.open_request(None, waiting)
    assert waiting.status is RequestStatus.OPEN


def test_an_import_is_not_asked(app, monkeypatch):
    """What paper decided stays decided (formats.md): the rows come in, and are opened."""
    enter_rules(app, monkeypatch, PROGRAMME, yearly_limit=1, lead_days=300, minimum_group=900)
    school = make_organisation()
    values = services.values_of(make_request(school, DAY, programmes=(PROGRAMME,)))
    with transaction():
        made = services.enter_request(None, school, values, external_id="R1")
        services.submit_request(None, made, by_rules=False)
        services.open_request(None, made, tell=False, by_rules=False)
    assert made.status is RequestStatus.OPEN


def test_the_page_says_every_rule(app, monkeypatch, clients):
    page = clients().get(f"/programmes/{PROGRAMME}").get_data(as_text=True)
    assert all(html.escape(name) in page for name in NAMES.values())
    assert (
        page.count("定めなし") == 15
    )  # 12 of 13 rules (the law says the guardian's age), 2 plain ones, the note
    enter_rules(app, monkeypatch, PROGRAMME, lead_days=20)
    page = clients().get(f"/programmes/{PROGRAMME}").get_data(as_text=True)
    assert f"活動する日の20日前まで（{ARTICLE}）" in page
    assert clients().get("/programmes/astronaut").status_code == 404

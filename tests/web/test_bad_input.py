"""Bad input gets a clear message and a 4xx; nothing is half-written; never a 5xx."""

import pytest
from sqlalchemy import func, select

from matching.kernel.audit import AuditEvent
from matching.kernel.db import db
from matching.matches.models import MatchStatus
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
    make_words,
)

HOSTILE = [
    "\x00",
    "a\x1bb",
    "x" * 5000,
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "=cmd|' /C calc'!A0",
    "９" * 40,
    "-1",
    "99999999999999999999",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "\u202e\u2066",
    "𠮷野家の﨑さん",
    "../../etc/passwd",
]


def wish(school, **changed):
    return {
        "organisation": school.code,
        "title": "読み聞かせ",
        "description": "絵本を読んでほしい",
        "sessions-0-day": "2026-11-10",
        "sessions-0-starts": "10:00",
        "sessions-0-ends": "11:00",
        "ward": "東区",
        "format": "in_person",
        "headcount": "1",
        "minors": "no",
        "contact_name": "教頭",
        "contact_phone": "096-000-0000",
        "contact_email": "school@example.jp",
        **changed,
    }


def test_a_good_wish_is_taken(clients):
    member = make_requester()
    school = make_organisation(member)
    assert clients(member).post("/requests/new", data=wish(school)).status_code == 303


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"title": ""}, "件名を入力してください"),
        ({"headcount": "0"}, "1から1000まで"),
        ({"headcount": "many"}, "必要人数"),
        ({"sessions-0-ends": "09:00"}, "終わりの時刻を、始まりより後に"),
        ({"sessions-0-day": "2026-02-30"}, "日付"),
        ({"ward": "火星区"}, "区"),
        ({"school_district": "一新"}, "東区にある校区"),
        ({"programmes": "stage"}, "登録区分"),
        ({"programmes": "women_talent"}, "登録区分"),
        ({"minors": ""}, "選択してください"),
        ({"contact_email": "not-an-address"}, "メールアドレスの形"),
        ({"fee": "たくさん"}, "無償、実費、応相談"),
        ({"title": "\x00"}, "使えない文字"),
        (
            {"sessions-1-day": "2026-11-10", "sessions-1-starts": "10:30", "sessions-1-ends": "12:00"},
            "日時が重なっています",
        ),
    ],
)
def test_a_bad_wish_is_shown_again_with_a_sentence(clients, changed, sentence):
    member = make_requester()
    school = make_organisation(member)
    response = clients(member).post("/requests/new", data=wish(school, **changed))
    assert response.status_code == 422
    assert sentence in response.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(SupportRequest)) == 0


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_never_break_a_page(clients, value):
    member, coordinator = make_requester(), make_coordinator()
    school = make_organisation(member)
    request = make_request(school)
    match = make_match(request, make_registration(make_registrant(make_account())))
    group = make_words("習字", "書道")
    pages = [
        (member, "/requests/new", list(wish(school))),
        (coordinator, "/organisations/new", ["name", "kind", "ward", "email", "districts"]),
        (
            coordinator,
            "/registry/enter",
            ["kind", "name", "kana", "birth_year", "members", "ward", "programmes"],
        ),
        (
            coordinator,
            f"/requests/{request.code}/matches",
            ["registrant", "answer_by", "sessions", "agreed_by"],
        ),
        (coordinator, f"/matches/{match.code}/attempts", ["channel", "result", "reason"]),
        (member, f"/requests/{request.code}/report/{request.sessions[0].code}", ["held", "minutes", "came"]),
        (
            make_account(),
            "/registry/register/person",
            ["kind", "name", "kana", "ward", "phone", "postal_code"],
        ),
        *(
            (coordinator, f"/words{path}", ["words", "narrower", "version"])
            for path in ("/new", "/preview", f"/{group.code}", f"/{group.code}/preview")
        ),
        (coordinator, f"/words/{group.code}/remove", ["version"]),
        (None, "/sign-in", ["email", "password"]),
        (None, "/sign-up", ["email"]),
    ]
    for account, path, names in pages:
        response = clients(account).post(path, data=dict.fromkeys(names, value))
        assert 400 <= response.status_code < 500, (path, response.status_code)
        assert "<script>alert" not in response.get_data(as_text=True)
    quiet = clients(coordinator)
    for path in (
        "/indicators?fiscal_year=",
        "/requests?status=",
        "/matches/",
        "/answer/",
        "/requests/",
        "/words?q=",
        "/words/",
    ):
        assert quiet.get(f"{path}{value[:500].replace('/', '')}").status_code < 500


def test_a_post_without_token_is_refused(clients):
    response = clients(make_account()).post("/registry/register/person", data={"name": "x"}, csrf=False)
    assert response.status_code == 400
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 0


def test_too_large_is_said(clients):
    response = clients().post("/sign-in", data={"email": "x" * 3_000_000})
    assert response.status_code == 413
    assert "大きすぎます" in response.get_data(as_text=True)


def test_a_verb_the_state_does_not_allow_is_409(clients):
    coordinator = clients(make_coordinator())
    match = make_match(status=MatchStatus.COMPLETED)
    code = match.request.code
    for path, data in (
        (f"/requests/{code}/send-back", {"comment": "直してください"}),
        (f"/matches/{match.code}/cancel", {"reason": "weather"}),
        (f"/matches/{match.code}/report-again", {}),
        (f"/matches/{match.code}/attempts", {"channel": "telephone", "result": "accepted"}),
        (f"/registry/registrations/{match.registration.code}/approve", {"valid_until": "2026-03-31"}),
        (f"/registry/registrations/{match.registration.code}/resume", {}),
    ):
        status = coordinator.post(path, data=data).status_code
        assert status in (409, 422), path
    assert db.session.get_one(type(match), match.id).status is MatchStatus.COMPLETED


def test_a_stale_edit_shows_both_texts(clients):
    member = make_requester()
    school = make_organisation(member)
    browser = clients(member)
    browser.post("/requests/new", data=wish(school, draft="1"))
    request = db.session.scalars(select(SupportRequest)).one()
    path = f"/requests/{request.code}/edit"
    first = browser.post(path, data=wish(school, title="一人目の題", version="1", draft="1"))
    second = browser.post(path, data=wish(school, title="二人目の題", version="1", draft="1"))
    assert (first.status_code, second.status_code) == (303, 409)
    page = second.get_data(as_text=True)
    assert "一人目の題" in page
    assert "二人目の題" in page
    assert db.session.get_one(SupportRequest, request.id).title == "一人目の題"


@pytest.mark.parametrize("version", ["", "x", "-1", "９", "²", "9" * 5000])
def test_what_is_no_version_is_a_stale_one(clients, version):
    member = make_requester()
    school = make_organisation(member)
    request = make_request(school, status=RequestStatus.DRAFT)
    path = f"/requests/{request.code}/edit"
    assert clients(member).post(path, data=wish(school, version=version)).status_code == 409
    renamed = {"name": "別の名前", "version": version}
    assert clients(member).post(f"/organisations/{school.code}/edit", data=renamed).status_code == 409
    path = f"/operators/{make_operator().code}"
    assert clients(make_coordinator()).post(path, data=renamed).status_code == 409


@pytest.mark.parametrize(("day", "starts"), [("9999-12-31", "10:00"), ("0001-01-01", "00:00")])
def test_a_date_out_of_time_is_refused(clients, day, starts):
    member = make_requester()
    school = make_organisation(member)
    browser = clients(member)
    session = {"sessions-0-day": day, "sessions-0-starts": starts}
    series = {"series_weekday": "1", "series_starts": "10:00", "series_ends": "11:00"}
    series |= {"series_first": day, "series_last": day}
    for data in (session, {"deadline": day}, {**series, "add_series": "1"}):
        response = browser.post("/requests/new", data=wish(school, **data))
        assert response.status_code == 422
        assert day in response.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(SupportRequest)) == 0
    request = make_request(school)
    path = f"/requests/{request.code}/change"
    data = {**session, "sessions-0-ends": "11:00", "place": "x", "version": "1"}
    response = browser.post(path, data=data)
    assert response.status_code == 422
    assert "1868年から2199年まで" in response.get_data(as_text=True)

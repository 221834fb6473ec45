"""何のお願いですか, a council seat with its council, and the school districts' drills."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.permissions import Role
from matching.matches.models import MatchStatus
from matching.matches.services import history
from matching.municipality.city import KUMAMOTO, load
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import (
    at,
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registration,
    make_request,
    make_requester,
)
from tests.web.test_bad_input import wish

CITY = load(KUMAMOTO)
SEAT = {
    "council": "緑の審議会",
    "term_start": "2027-06-01",
    "term_end": "2029-05-31",
    "programmes": ["women_talent"],
    "sessions-0-day": "",
    "sessions-0-starts": "",
    "sessions-0-ends": "",
}


def text(response):
    return response.get_data(as_text=True)


def organisation(kind):
    return make_organisation(make_requester(), kind=kind)


def asks(clients, of):
    return clients(of.memberships[0].account)


@pytest.mark.parametrize("template", CITY.request_templates.values(), ids=lambda t: t.key)
def test_a_template_is_offered_to_whom_it_fits_and_begins_the_page(clients, template):
    kind = template.kinds[0] if template.kinds else "senior_salon"
    browser = asks(clients, organisation(kind))
    assert f"template={template.key}" in text(browser.get("/requests/choose"))
    page = text(browser.get(f"/requests/new?template={template.key}"))
    assert template.title in page and template.description[:12] in page
    ticked = {tag for tag in re.findall(r'<input[^>]*name="programmes"[^>]*>', page) if "checked" in tag}
    for programme in template.programmes:
        asked = CITY.programmes[programme].requesters
        assert any(f'value="{programme}"' in tag for tag in ticked) is (not asked or kind in asked)
    if template.kinds:
        other = asks(clients, organisation("company"))
        assert f"template={template.key}" not in text(other.get("/requests/choose"))


def names(page):
    return set(re.findall(r' name="([a-z_0-9-]+)"', page)) - {"csrf_token", "version"}


@pytest.mark.parametrize("template", CITY.request_templates.values(), ids=lambda t: t.key)
def test_a_template_asks_first_what_it_needs_and_loses_nothing(clients, template):
    kind = template.kinds[0] if template.kinds else "senior_salon"
    browser = asks(clients, organisation(kind))
    blank = text(browser.get("/requests/new"))
    page = text(browser.get(f"/requests/new?template={template.key}"))
    first, below = page.split('<details class="card" id="more">')
    assert names(page) == names(blank) and 'id="more"' not in blank
    assert not names(first) & names(below.split("</details>\n  <div")[0])
    always = {"title", "description", "headcount", "ward", "contact_name", "contact_phone", "contact_email"}
    assert always <= names(first)
    assert {"sessions-0-day", "series_first"} <= names(below if template.seat else first)
    assert {"minors", "teacher_present"} <= names(below if template.seat else first)
    assert "parking" in names(below)
    assert ("audience" in names(first)) is ("audience" in template.asks)
    assert template.key != "drill" or "school_district" in names(first)


def test_what_was_filled_in_below_stays_and_a_mistake_there_opens_it(clients):
    club = organisation("disaster_prevention_club")
    browser = asks(clients, club)
    kept = text(
        browser.post("/requests/new?template=drill", data=wish(club, title="", parking="正門の横に2台"))
    )
    assert 'value="正門の横に2台"' in kept and '<details class="card" id="more">' in kept
    wrong = text(browser.post("/requests/new?template=drill", data=wish(club, fee="たくさん")))
    assert '<details class="card" id="more" open>' in wrong


def test_a_seat_is_sent_with_what_its_page_asks_first(clients):
    office = organisation("city_office")
    browser = asks(clients, office)
    page = text(browser.get("/requests/new?template=council"))
    answered = re.search(r'<input[^>]*name="minors"[^>]*value="no"[^>]*>', page)[0]
    assert "checked" in answered
    untold = browser.post(
        "/requests/new?template=council", data=wish(office, **SEAT | {"term_start": "", "term_end": ""})
    )
    body = text(untold)
    assert untold.status_code == 422
    assert "任期の始まりを入力してください" in body and "日付を入力してください" not in body


def test_an_unknown_template_is_a_blank_page_and_a_chosen_one_stays_with_an_error(clients):
    school = organisation("elementary_school")
    browser = asks(clients, school)
    assert "のひな形です" not in text(browser.get("/requests/new?template=party"))
    answer = browser.post("/requests/new?template=lesson", data=wish(school, title=""))
    assert answer.status_code == 422
    assert "「授業の手伝い」のひな形です" in text(answer) and "絵本を読んでほしい" in text(answer)


def test_a_seat_names_its_council(clients):
    office = organisation("city_office")
    browser = asks(clients, office)
    answer = browser.post("/requests/new?template=council", data=wish(office, **SEAT | {"council": ""}))
    assert answer.status_code == 422 and "審議会などの名称を入力してください" in text(answer)
    sent = browser.post("/requests/new?template=council", data=wish(office, **SEAT))
    assert sent.status_code == 303
    made = db.session.scalars(select(SupportRequest)).one()
    assert (made.council, made.sessions) == ("緑の審議会", [])
    assert "緑の審議会" in text(browser.get(f"/requests/{made.code}"))


def test_a_drill_names_its_school_district(clients):
    club = organisation("disaster_prevention_club")
    drill = {"programmes": ["voluntary_disaster"], "school_district": ""}
    answer = asks(clients, club).post("/requests/new?template=drill", data=wish(club, **drill))
    assert answer.status_code == 422 and "校区を選んでください" in text(answer)
    fits = wish(club, **drill | {"ward": "東区", "school_district": "健軍"})
    assert asks(clients, club).post("/requests/new?template=drill", data=fits).status_code == 303


def test_ticks_keep_the_templates_order_and_its_district(clients):
    """A browser sends ticked boxes in the page's order: 防災士 comes before 自主防災活動 there."""
    club = organisation("disaster_prevention_club")
    ticked = {"programmes": ["bosaishi", "voluntary_disaster"], "school_district": ""}
    browser = asks(clients, club)
    answer = browser.post("/requests/new?template=drill", data=wish(club, **ticked))
    assert answer.status_code == 422 and "校区を選んでください" in text(answer)
    fits = wish(club, **ticked | {"ward": "東区", "school_district": "健軍"})
    assert browser.post("/requests/new?template=drill", data=fits).status_code == 303
    assert db.session.scalars(select(SupportRequest)).one().programmes == ["voluntary_disaster", "bosaishi"]


def test_an_edit_keeps_the_order_of_the_programmes(clients):
    club = organisation("disaster_prevention_club")
    order = ("voluntary_disaster", "bosaishi")
    draft = make_request(club, programmes=order, status=RequestStatus.DRAFT)
    ticked = {"programmes": ["bosaishi", "voluntary_disaster"], "ward": "東区", "school_district": "健軍"}
    sent = wish(club, **ticked, version=str(draft.version))
    assert asks(clients, club).post(f"/requests/{draft.code}/edit", data=sent).status_code == 303
    db.session.expire_all()
    assert draft.programmes == list(order)


def test_a_seat_is_told_with_its_council(clients):
    office = organisation("city_office")
    seat = make_request(
        office,
        programmes=("women_talent",),
        council="緑の審議会",
        term_start=date(2027, 6, 1),
        term_end=date(2029, 5, 31),
    )
    match = make_match(seat, make_registration(programme="women_talent"), MatchStatus.OFFERED)
    assert "緑の審議会" in text(asks(clients, office).get("/requests"))
    assert "緑の審議会" in text(clients(make_coordinator()).get(f"/matches/{match.code}"))


def test_the_way_from_a_district_fills_it_in(clients):
    page = text(
        asks(clients, organisation("disaster_prevention_club")).get(
            "/requests/new?template=drill&school_district=健軍"
        )
    )
    assert "健軍" in page and page.count("selected") >= 2
    assert "selected" in page[page.index('value="健軍"') - 20 : page.index('value="健軍"') + 30]


def test_districts_without_a_drill_come_first(clients):
    helper = make_registration(programme="voluntary_disaster")
    second = make_registration(programme="voluntary_disaster")
    club = organisation("disaster_prevention_club")
    with transaction():
        for number, registration in enumerate((helper, second)):
            history.record_activity(
                None,
                history.Activity(
                    external_id=f"D{number}",
                    organisation=club,
                    ward="東区",
                    school_district="健軍",
                    registrant=registration.registrant,
                    programme="voluntary_disaster",
                    title="避難訓練",
                    sessions=((at(date(2026, 9, 5)), at(date(2026, 9, 5), 12)),),
                    participants=80,
                ),
            )
    make_match(
        make_request(
            club, date(2026, 11, 20), programmes=("voluntary_disaster",), ward="東区", school_district="桜木"
        ),
        make_registration(programme="voluntary_disaster"),
        MatchStatus.ACCEPTED,
    )
    make_request(club, date(2026, 11, 21), programmes=("bosaishi",), ward="東区", school_district="画図")
    page = text(clients(make_coordinator(wards=["東区"])).get("/drills"))
    rows = [row.split("</th>")[0].split(">")[-1] for row in page.split('<th scope="row"')[1:]]
    assert set(rows) == set(CITY.wards["東区"]) and rows[-1] == "健軍" and rows[-2] == "桜木"
    held = page[page.index(">健軍<") :]
    assert "行われました</span> 1件" in held  # two helpers, one activity
    with clock.frozen(at(date(2027, 4, 2))):
        assert "行われました" not in text(clients(make_coordinator(wards=["東区"])).get("/drills"))


def test_a_district_that_has_asked_for_a_drill_expects_one_before_anybody_has_said_yes(clients):
    ways = (("健軍", ("voluntary_disaster", "bosaishi")), ("桜木", ("bosaishi", "voluntary_disaster")))
    for district, programmes in ways:
        make_request(programmes=programmes, ward="東区", school_district=district)
    page = text(clients(make_coordinator(wards=["東区"])).get("/drills"))
    rows = {row.split("</th>")[0].split(">")[-1]: row for row in page.split('<th scope="row"')[1:]}
    assert "予定があります" in rows["健軍"] and "予定があります" not in rows["桜木"]


def test_who_may_not_write_a_request_is_told_whom_to_ask_for_it(clients):
    page = text(clients(make_coordinator(wards=["東区"])).get("/drills"))
    assert "依頼を書く" not in page
    assert 'href="/organisations"' in page and 'href="/organisations/new"' in page
    both = clients(make_account(Role.COORDINATOR, Role.REQUESTER, wards=["東区"], measures=[4]))
    assert "依頼を書く" in text(both.get("/drills"))


def test_a_refused_template_says_where_it_is_wrong(tmp_path):
    for file in KUMAMOTO.glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text())
    broken = tmp_path / "request_templates.toml"
    broken.write_text(
        broken.read_text().replace('programmes = ["storyteller", "bosaishi"]', 'programmes = ["stories"]')
    )
    with pytest.raises(ValueError, match="disaster_talk"):
        load(tmp_path)

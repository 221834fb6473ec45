"""公平さ: who is asked and who says yes, how work is spread, the councils' seats – in sums, and for staff."""

import csv
import io
import re
from datetime import date, time, timedelta

import pytest
from openpyxl import load_workbook

from matching.indicators import equity
from matching.indicators.equity import APPOINTED, NO, NONE, NOT_APPOINTED, YES
from matching.kernel import clock
from matching.kernel.db import transaction
from matching.kernel.permissions import Role
from matching.ledger import services as ledger
from matching.matches.models import MatchStatus, Origin
from matching.matches.queries_reports import count_values
from matching.matches.rules import Outcome
from matching.registry.models import RegistrantKind
from matching.registry.services.merging import merge
from matching.requests.models import RequestStatus
from tests.factories import make_account, make_coordinator, make_match, make_registrant, make_registration
from tests.factories import make_request as any_request

PAGE = "/indicators/2026/equity"
DAY = date(2026, 9, 1)
ACCEPTED, DECLINED, LAPSED = MatchStatus.ACCEPTED, MatchStatus.DECLINED, MatchStatus.LAPSED


def ask(status=ACCEPTED, programme="school_support", registrant=None, request=None, **values):
    """Somebody (born 1960 in 東区, if not said otherwise) was asked, and answered as the status has it."""
    person = registrant or make_registrant()
    registration = next((r for r in person.registrations if r.programme == programme), None)
    moment = clock.now()
    return make_match(
        request or any_request(),
        registration or make_registration(person, programme),
        status,
        **{"offered_at": moment, "answered_at": None if status is LAPSED else moment} | values,
    )


def rows(table):
    return {"・".join(line.groups): line.counts for line in table.lines}


def test_answers_by_age_ward_and_programme(app):
    for _ in range(6):
        ask(registrant=make_registrant(birth_year=1960))
        ask(DECLINED, "lecturer", make_registrant(birth_year=1950, ward="西区"))
        ask(LAPSED, "lecturer", make_registrant(birth_year=1950, ward="西区"))
    found = equity.asked(2026)
    assert found["年代"].columns == ((YES,), (NO,), (NONE,))
    assert rows(found["年代"]) == {"60代": [6, 0, 0], "70代": [0, 6, 6]}
    assert rows(found["登録区分"]) == {"学校支援ボランティア": [6, 0, 0], "講師登録": [0, 6, 6]}
    assert sorted(rows(found["区"]).values()) == [[0, 6, 6], [6, 0, 0]]
    assert str(found["区"].whole.share) == "33.3"


def test_few_people_are_told_together_with_others(app):
    for born in (1960, 1960, 1960, 1960, 1960, 1970, 1990):
        ask(registrant=make_registrant(birth_year=born))
    assert rows(equity.asked(2026)["年代"]) == {"30代・50代・60代": [7, 0, 0]}


def test_where_an_answer_is_of_few_people_two_lines_keep_their_answers(app):
    for born, status, times in (
        *((1960, ACCEPTED, 7), (1960, DECLINED, 6)),
        *((1970, ACCEPTED, 6), (1970, DECLINED, 2), (1980, ACCEPTED, 5)),
    ):
        for _ in range(times):
            ask(status, registrant=make_registrant(birth_year=born))
    found = equity.asked(2026)["年代"]
    assert found.columns == ((YES,), (NO,), (NONE,))
    assert [(line.groups, line.all, line.counts) for line in found.lines] == [
        (["40代"], 5, [5, 0, 0]),
        (["50代"], 8, None),
        (["60代"], 13, None),
    ]
    assert found.whole.counts == [18, 8, 0]


def test_answers_of_few_people_are_told_together(app):
    for status in (ACCEPTED,) * 5 + (DECLINED,) * 2 + (LAPSED,) * 3:
        ask(status)
    found = equity.asked(2026)["年代"]
    assert found.columns == ((YES,), (NO, NONE))
    assert found.whole.counts == [5, 5]


def test_one_person_asked_often_is_one_person(app):
    person = make_registrant()
    for days in range(9):
        ask(registrant=person, request=any_request(None, DAY + timedelta(days)))
    assert equity.asked(2026) == {"年代": None, "区": None, "登録区分": None}


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"offered_at": None}, None),  # never asked: proposed only, or history from a file
        ({"origin": Origin.REGISTRANT}, None),  # asked for it themselves
        ({"offered_at": clock.at(date(2026, 3, 31), time(23, 59))}, None),
        ({"offered_at": clock.at(date(2026, 4, 1), time(0, 0))}, [5, 0, 0]),
        ({"status": MatchStatus.CANCELLED}, [5, 0, 0]),  # said yes; what came of it later is another thing
        ({"status": MatchStatus.CANCELLED, "answered_at": None}, [0, 0, 5]),
        ({"status": MatchStatus.OFFERED, "answered_at": None}, [0, 0, 5]),
        ({"status": MatchStatus.PROPOSED, "decline_reason": "schedule"}, [0, 5, 0]),  # to be asked again
    ],
)
def test_what_counts_as_asked_and_as_which_answer(app, values, counts):
    for _ in range(5):
        ask(**values)
    assert equity.asked(2026)["年代"].whole.counts == (counts or [0, 0, 0])


def test_groups_and_those_of_unknown_age_have_their_own_lines(app):
    for _ in range(5):
        ask(registrant=make_registrant(kind=RegistrantKind.GROUP, birth_year=None, members=9))
        ask(registrant=make_registrant(birth_year=None))
    assert rows(equity.asked(2026)["年代"]) == {"生まれ年の記入なし": [5, 0, 0], "団体": [5, 0, 0]}


def act(registration, times, first=DAY):
    for day in (first + timedelta(n) for n in range(times)):
        match = make_match(any_request(None, day), registration, MatchStatus.COMPLETED)
        with transaction():
            ledger.count(count_values(match, Outcome(day, 60, 10)))


def test_how_work_is_spread(app):
    for times in (0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3):
        act(make_registration(), times)
    found = equity.spread(2026)
    assert rows(found.people) == {"0件": [5], "1件": [5], "2〜3件": [5]}
    assert found.busiest is None  # of ten people one


def test_a_person_merged_since_is_one_person(app):
    kept, gone = make_registration(), make_registration(programme="lecturer")
    act(kept, 1)
    act(gone, 1, DAY + timedelta(9))
    for _ in range(4):
        act(make_registration(), 2)
    with transaction():
        merge(make_account(Role.ADMIN), kept.registrant, gone.registrant)
    assert rows(equity.spread(2026).people) == {"2〜3件": [5]}


def seat(council, headcount=1, term=date(2026, 6, 1), **values):
    return any_request(
        None,
        DAY,
        programmes=["women_talent"],
        council=council,
        headcount=headcount,
        term_start=term,
        term_end=term + timedelta(days=730),
        **values,
    )


def test_seats_by_council(app):
    big = seat("環境審議会", 12)
    for status in (MatchStatus.COMPLETED,) * 6 + (DECLINED,) * 5:
        ask(status, "women_talent", request=big)
    few = seat("防災会議", 3)
    for status in (MatchStatus.COMPLETED, DECLINED):
        ask(status, "women_talent", request=few)
    seat("図書館協議会", 2)
    seat("前の年度", term=date(2026, 3, 1))
    seat("取り消した", status=RequestStatus.CANCELLED)
    found = equity.councils(2026)
    assert found.table.columns == ((APPOINTED,), (NOT_APPOINTED,))
    told = {"・".join(line.groups): (found.wanted(line), line.counts) for line in found.table.lines}
    assert told == {"環境審議会・防災会議": (15, [7, 6])}
    assert found.table.nobody == ["図書館協議会"]
    assert sum(found.seats.values()) == 17


def test_the_page_tells_no_person_and_leads_to_none(app, clients):
    codes = [ask(registrant=make_registrant(name=f"秘密 {n}")).registrant.code for n in range(6)]
    for reader in (make_coordinator(), make_account(Role.AUDITOR), make_account(Role.ADMIN)):
        page = clients(reader).get(PAGE).get_data(as_text=True)
        assert "60代" in page and "100.0％" in page and "この数え方は?" in page
        assert "秘密" not in page and not any(code in page for code in codes)
        main = page.split("<main")[1].split("</main>")[0]
        assert not re.search(r'href="/(registry|matches|requests)', main)
    assert clients(make_account()).get(PAGE).status_code == 403


def file(clients, shape, account=None):
    """The lines below the headers: table, groups, figure, value, unit, note."""
    answer = clients(account or make_coordinator()).get(f"{PAGE}.{shape}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="manabinowa-equity-2026.{shape}"'
    if shape == "csv":
        lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    else:
        sheet = load_workbook(io.BytesIO(answer.data)).active
        lines = [[cell or "" for cell in line] for line in sheet.iter_rows(values_only=True)]
    assert lines[0] == ["表", "区分", "数", "値", "単位", "注"]
    return lines[1:]


@pytest.mark.parametrize("shape", ["csv", "xlsx"])
def test_the_file_tells_what_the_page_tells(app, clients, shape):
    for born, status, times in (
        *((1960, ACCEPTED, 7), (1960, DECLINED, 6)),
        *((1970, ACCEPTED, 6), (1970, DECLINED, 2), (1980, ACCEPTED, 5), (1990, ACCEPTED, 1)),
    ):
        for _ in range(times):
            ask(status, registrant=make_registrant(birth_year=born, name="秘密"))
    council = seat("環境審議会", 12)
    for status in (MatchStatus.COMPLETED,) * 6 + (DECLINED,) * 5:
        ask(status, "women_talent", make_registrant(birth_year=1960), council)
    seat("図書館協議会", 2)
    for times in (1, 1, 1, 1, 1):
        act(make_registration(), times)
    lines = file(clients, shape)
    cells = re.sub(r"<br>.*?</small>", "", main_of(clients))
    for table, groups, figure, value, unit, note in lines:
        if note == "5人に満たないため出しません":
            assert value == ""
        elif groups != "合計" and value != "0" and figure not in ("求めた人数", "割合"):
            told = rf"{groups.replace(';', '・')}</th>(?:<td[^>]*>[^<]*</td>)*?<td[^>]*>{value}{unit}</td>"
            assert re.search(told, cells), (table, groups, figure)
    ages = {
        (groups, figure): value for table, groups, figure, value, *_ in lines if table.endswith("（年代）")
    }
    assert (ages["60代", "打診"], ages["60代", "辞退"], ages["合計", "辞退"]) == ("24", "", "13")
    assert not any("秘密" in cell for line in lines for cell in line)
    assert ["審議会などの委員", "図書館協議会", "求めた人数", "2", "人", ""] in lines


def main_of(clients):
    page = clients(make_coordinator()).get(PAGE).get_data(as_text=True)
    return page.split("<main")[1].split("</main>")[0]


def test_few_people_have_no_number_in_the_file(app, clients):
    for born in (1950, 1960, 1960, 1960, 1960, 1960, 1970):
        ask(registrant=make_registrant(birth_year=born))
    ask(MatchStatus.COMPLETED, "women_talent", make_registrant(birth_year=1960), seat("防災会議", 3))
    lines = file(clients, "csv")
    assert ["打診と答え（年代）", "50代;60代;70代", "打診", "8", "件", "まとめて数えています"] in lines
    assert ["打診と答え（年代）", "40代", "打診", "0", "件", ""] in lines
    few = "5人に満たないため出しません"
    assert ["審議会などの委員", "合計", "打診", "", "件", few] in lines
    assert ["活動の広がり", "合計", "活動の多い1割の人が受け持った割合", "", "％", few] in lines
    assert not any(table == "審議会などの委員" and figure == "委嘱" for table, _, figure, *_ in lines)


def test_the_file_is_for_staff_and_of_these_two_kinds(app, clients):
    for reader in (make_coordinator(), make_account(Role.AUDITOR), make_account(Role.ADMIN)):
        assert file(clients, "csv", reader)
    assert clients(make_account()).get(f"{PAGE}.csv").status_code == 403
    assert clients(make_coordinator()).get(f"{PAGE}.pdf").status_code == 404


@pytest.mark.parametrize("year", [2023, 2027])
@pytest.mark.parametrize("ending", ["", ".csv"])
def test_a_year_not_of_the_plan_is_not_found(app, clients, year, ending):
    assert clients(make_coordinator()).get(f"/indicators/{year}/equity{ending}").status_code == 404


def test_an_empty_year_says_what_will_be_there(app, clients):
    page = clients(make_coordinator()).get("/indicators/2024/equity").get_data(as_text=True)
    assert page.count("まだ出せる数がありません") == 5


def test_few_people_in_all_are_not_told(app, clients):
    ask()
    ask(MatchStatus.COMPLETED, "women_talent", request=seat("防災会議"))
    page = clients(make_coordinator()).get(PAGE).get_data(as_text=True)
    assert page.count("打診した人が5人に満たないため") == 4

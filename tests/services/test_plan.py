"""The plan from the database: what it considers, its mends in words, approval one by one, the command."""

import json
from datetime import date, time, timedelta

import pytest
from sqlalchemy import event, select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.matcher import plan_pages
from matching.matches.models import Match, MatchStatus, Origin
from matching.matches.queries_gates import wanted
from matching.matches.services.offers import Terms, approve_match
from matching.registry.models import Blackout, WeeklyHours
from matching.registry.models_credentials import Verification
from matching.requests.models import RequestStatus
from tests.factories import (
    make_candidate,
    make_coordinator,
    make_credential,
    make_match,
    make_organisation,
    make_registration,
    make_request,
)

DAY = date(2026, 10, 20)
WEEKS = [DAY + timedelta(weeks=n) for n in range(5)]


def sewing(*days, **values):
    return make_request(
        None,
        *(days or (DAY,)),
        title="ミシンの縫い方",
        description="ミシンの縫い方を教えてほしい。",
        **values,
    )


def page(actor=None):
    return plan_pages.plan_page(actor or make_coordinator())


def chosen(shown):
    return {(row.title, proposal.person.name) for row in shown.rows for proposal in row.proposals}


def only(shown):
    assert len(shown.rows) == 1
    return shown.rows[0]


def test_a_person_goes_where_nobody_else_can(app):
    everywhere, near = make_candidate(), make_candidate(areas=["西区"])
    east, west = sewing(), sewing(ward="西区", hours=(time(10, 30), time(12)))
    shown = page()
    assert {(row.code, p.person.name) for row in shown.rows for p in row.proposals} == {
        (east.code, everywhere.registrant.called),
        (west.code, near.registrant.called),
    }
    assert (shown.places, shown.filled, shown.open_, shown.people, shown.proven) == (2, 2, 2, 2, True)
    assert [way.filled for way in shown.ways] == [2, 2, 2]


def test_what_stands_already_is_taken_into_account(app):
    asked, arranged, free = make_candidate(), make_candidate(), make_candidate()
    request = sewing(headcount=3)
    make_match(request, asked, MatchStatus.DECLINED)
    make_match(request, arranged, MatchStatus.ACCEPTED)
    elsewhere = make_candidate()
    make_match(make_request(None, DAY, status=RequestStatus.FILLED), elsewhere, MatchStatus.ACCEPTED)
    row = only(page())
    assert row.places == 2
    assert [p.person.name for p in row.proposals] == [free.registrant.called]
    assert [who.name for who, _ in row.mends] == [elsewhere.registrant.called]
    assert "別の活動があります" in row.mends[0][1][0].because


def test_only_open_requests_in_scope_and_of_other_organisations(app):
    make_candidate()
    actor = make_coordinator(wards=["東区"], measures=[3])
    seen = sewing()
    sewing(ward="西区")
    sewing(status=RequestStatus.SUBMITTED)
    sewing(programmes=("lecturer",))
    own = make_organisation(actor)
    make_request(own, DAY)
    full = sewing()
    make_match(full, make_registration(), MatchStatus.OFFERED)
    shown = page(actor)
    assert [row.code for row in shown.rows] == [seen.code]
    assert shown.open_ == 2


def test_a_monthly_limit_binds_the_plan_as_a_whole(app):
    person = make_candidate(monthly_limit=2)
    requests = [sewing(DAY + timedelta(days=n)) for n in range(3)]
    november = sewing(date(2026, 11, 5))
    shown = page()
    by_code = {row.code: row for row in shown.rows}
    assert len(by_code[november.code].proposals) == 1
    assert sum(len(by_code[request.code].proposals) for request in requests) == 2
    left = next(row for row in shown.rows if row.missing)
    ((who, (step,)),) = left.mends
    assert (who.name, step.to_do) == (person.registrant.called, "月の活動の上限を増やしてもらう")
    assert "この案では「ミシンの縫い方」" in step.because


def test_a_series_covers_the_dates_at_which_the_person_is_free(app):
    registration = make_candidate()
    registration.registrant.blackouts.append(Blackout(first_day=WEEKS[1], last_day=WEEKS[1]))
    db.session.commit()
    request = sewing(*WEEKS)
    proposal = only(page()).proposals[0]
    assert proposal.dates == "5回のうち4回"
    codes = proposal.value.split(":")[2].split(",")
    assert codes == [s.code for n, s in enumerate(request.sessions) if n != 1]


def test_a_series_under_way_covers_what_is_to_come(app):
    make_candidate()
    sewing(*WEEKS)
    with clock.frozen(clock.at(WEEKS[2], time(9))):
        assert only(page()).proposals[0].dates == "5回のうち3回"


def test_dates_gone_by_are_the_first_thing_to_mend(app):
    make_candidate()
    sewing(DAY, DAY + timedelta(days=7))
    with clock.frozen(clock.at(DAY, time(11))):
        row = only(page())
    assert row.mends[0][1][0].to_do == "これからの日時に決めなおす"


def test_what_is_over_is_not_planned(app):
    make_candidate()
    sewing()
    with clock.frozen(clock.at(DAY, time(18))):
        shown = page()
    assert (shown.rows, shown.open_) == ((), 0)


def hours(registrant):
    registrant.weekly_hours.append(WeeklyHours(weekday=5, starts=time(9), ends=time(12)))


@pytest.mark.parametrize(
    ("change", "wish", "to_do", "because"),
    [
        (hours, {}, "10月20日(火) 10:00–11:30に来られるようにする", "火曜日には活動できません"),
        (lambda r: setattr(r, "areas", ["西区"]), {}, "東区でも活動できるようにする", "東区は含まれません"),
        (
            lambda r: make_credential(r, verification=Verification.STATED),
            {"credentials_required": ["bosaishi"]},
            "「防災士」の確認を済ませる",
            "申告だけ",
        ),
        (
            lambda r: None,
            {"programmes": ("lecturer",)},
            "依頼の対象に「学校支援ボランティア」を加える",
            "有効な登録がありません",
        ),
    ],
)
def test_mends_are_told_in_words(app, change, wish, to_do, because):
    registration = make_candidate()
    change(registration.registrant)
    db.session.commit()
    sewing(**wish)
    row = only(page())
    ((who, (step,)),) = row.mends
    assert who.name == registration.registrant.called
    assert step.to_do == to_do
    assert because in step.because


def test_a_seat_is_never_opened_to_another_programme(app):
    make_candidate()
    request = sewing(programmes=("women_talent",))
    assert wanted(request).openable == ()
    assert only(page()).mends == ()


def test_the_statements_do_not_grow_with_requests(app):
    def statements(act):
        counted = []
        listen = lambda *a: counted.append(a[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        try:
            act()
        finally:
            event.remove(db.engine, "before_cursor_execute", listen)
        return counted

    actor = make_coordinator()
    for _ in range(2):
        make_candidate()
        sewing()
    page(actor)  # the index takes in what is there
    few = statements(lambda: page(actor))
    for _ in range(4):
        make_candidate()
        sewing()
    page(actor)
    assert len(statements(lambda: page(actor))) == len(few)


def test_the_page_says_how_much_it_considered(app, monkeypatch):
    monkeypatch.setattr(plan_pages, "MOST_REQUESTS", 2)
    make_candidate()
    soon = [sewing(deadline=DAY - timedelta(days=n)) for n in (1, 2, 3)]
    shown = page()
    assert (len(shown.rows), shown.open_, shown.capped) == (2, 3, True)
    assert {row.code for row in shown.rows} == {soon[2].code, soon[1].code}


def test_the_plan_of_the_command_is_what_its_format_says(app):
    first, second = make_candidate(external_id="S-1"), make_candidate(areas=["西区"])
    request = sewing(headcount=2, external_id="R-1")
    answer = app.test_cli_runner().invoke(args=["matcher", "plan", "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    assert list(told) == [
        *("status", "score", "bound", "filled", "places", "first_come", "best_first", "matches", "unfilled")
    ]
    assert (told["status"], told["filled"], told["places"]) == ("optimal", 1, 2)
    assert told["bound"] >= told["score"] == told["first_come"]["score"]
    assert told["matches"][0]["request"] == "R-1" and told["matches"][0]["registrant"] == "S-1"
    (unfilled,) = told["unfilled"]
    assert unfilled["request"] == "R-1"
    assert [(r["registrant"], r["name"]) for r in unfilled["relax"]] == [(second.registrant.code, "area")]
    assert db.session.scalars(select(Match)).all() == []
    assert first.registrant_id and request.headcount == 2
    assert "1 / 2" in app.test_cli_runner().invoke(args=["matcher", "plan"]).output


def test_an_approval_keeps_where_it_came_from(app):
    registration, request = make_candidate(), sewing()
    with transaction():
        match = approve_match(
            make_coordinator(), request, registration.registrant, Terms(clock.today(), origin=Origin.PLAN)
        )
    assert match.origin is Origin.PLAN

"""Decisions as judged pairs: one row an act, undone with it, and the ranking measured on them."""

import json
from datetime import date, time

import pytest
from sqlalchemy import String, select

from matching.kernel import clock, events
from matching.kernel.db import db, transaction
from matching.kernel.errors import RuleViolation
from matching.matcher import decisions
from matching.matcher.models import Decision
from matching.matches.models import Channel, MatchStatus, Origin
from matching.matches.services import offers, reports, wishes
from tests.factories import (
    indexed,
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2026, 10, 20)
TERMS = offers.Terms(answer_by=date(2026, 10, 8), score=0.4, rank=3)


def somebody(**values):
    return indexed(make_registration(make_registrant(make_account()), **values))


def approve(request, registration, terms=TERMS, actor=None):
    actor = actor or make_coordinator()
    with transaction():
        return offers.approve_match(actor, request, registration.registrant, terms)


def kept():
    rows = db.session.scalars(select(Decision).order_by(Decision.id))
    return [(row.verb, row.reason, row.grade, row.rank) for row in rows]


def test_every_decision_is_kept_once_with_what_was_shown(app):
    member, actor = make_requester(), make_coordinator()
    request, registration = make_request(make_organisation(member), DAY), somebody()
    match = approve(request, registration, actor=actor)
    approve(request, registration, actor=actor)  # the second click
    for _ in range(2):
        with transaction():
            offers.accept(None, match)
    with clock.frozen(clock.at(DAY, time(18))), transaction():
        values = reports.ReportValues(True, 90, 30, frozenset({match.code}))
        reports.report(member, request, request.sessions[0], values)
        reports.confirm(actor, request)
        reports.confirm(actor, request)
    assert kept() == [("approve", "", 1, 3), ("accept", "", 2, 3), ("complete", "", 2, 3)]
    row = db.session.scalars(select(Decision)).first()
    assert (row.request, row.offering) == (request.code, registration.offerings[0].code)
    assert (row.registrant, row.score, row.origin) == (registration.registrant.code, 0.4, "coordinator")


def test_a_decline_is_kept_with_its_reason(app):
    match = approve(make_request(None, DAY), somebody())
    for _ in range(2):
        with transaction():
            offers.decline(None, match, "unsuitable")
    assert kept()[1:] == [("decline", "unsuitable", 0, 3)]


def test_a_wish_is_no_decision_but_what_becomes_of_it(app):
    rejected, granted = somebody(), somebody()
    request = make_request(None, DAY)
    matches = [
        make_match(request, who, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
        for who in (rejected, granted)
    ]
    assert kept() == []
    with transaction():
        wishes.reject(make_coordinator(), matches[0], "another")
        wishes.grant(make_coordinator(), matches[1])
    assert kept() == [("reject", "another", None, None), ("approve", "", 1, None)]
    assert {row.origin for row in db.session.scalars(select(Decision))} == {Origin.REGISTRANT}


def test_the_offering_is_the_one_ranked_for_this_request(app):
    registration = somebody(offering="太鼓")
    sewing = make_registration(registration.registrant, "lecturer", offering="ミシンと手縫い")
    women = make_registration(registration.registrant, "women_talent", offering="ミシンの糸通しと家庭科")
    for row in (sewing, women):
        indexed(row)
    approve(make_request(None, DAY), registration)
    assert db.session.scalars(select(Decision.offering)).one() == sewing.offerings[0].code


def test_where_no_word_meets_the_registrations_offering_stands(app):
    silent = somebody(offering="太鼓")
    silent.offerings[0].description = "太鼓"
    db.session.commit()
    approve(make_request(None, DAY, title="花", description="花"), silent)
    assert db.session.scalars(select(Decision.offering)).one() == silent.offerings[0].code
    approve(make_request(None, DAY, hours=(time(14), time(15))), make_registration(offering=None))
    assert len(kept()) == 1  # nothing to judge


def test_a_decision_is_undone_with_its_act(app):
    request, registration = make_request(None, DAY), somebody()
    with pytest.raises(RuntimeError), transaction():
        offers.approve_match(make_coordinator(), request, registration.registrant, TERMS)
        raise RuntimeError
    with pytest.raises(RuleViolation), transaction():
        offers.decline(None, make_match(request, registration, MatchStatus.ACCEPTED), "busy")
    assert kept() == []


def test_the_table_holds_codes_and_numbers_only(app):
    columns = Decision.__table__.columns
    assert max(c.type.length for c in columns if isinstance(c.type, String)) <= 40
    assert not any(c.info.get("personal") for c in columns)


def test_the_last_telling_decision_counts_and_what_is_erased_falls_away(app):
    request, right, wrong, gone = make_request(None, DAY, headcount=9), somebody(), somebody(), somebody()
    approve(request, right)
    match = approve(request, wrong)
    with transaction():
        offers.decline(None, match, "unsuitable")
    approve(request, gone)
    with transaction():
        db.session.delete(gone.offerings[0])
    corpus, queries, qrels = decisions.judged()
    assert qrels == {request.code: {right.offerings[0].code: 1, wrong.offerings[0].code: 0}}
    assert [query["_id"] for query in queries] == [request.code]
    assert {document["_id"] for document in corpus} == {right.offerings[0].code, wrong.offerings[0].code}
    approve(request, wrong, offers.Terms(TERMS.answer_by, agreed_by=Channel.TELEPHONE))
    assert decisions.judged()[2][request.code][wrong.offerings[0].code] == 1
    with transaction():
        events.match_decided.send(match, verb="reject", reason="another", actor=None)
    assert decisions.judged()[2][request.code][wrong.offerings[0].code] == 1


def evaluate(app, *options):
    return app.test_cli_runner().invoke(args=["matcher", "evaluate", "--from-decisions", *options])


def test_the_ranking_is_measured_on_the_citys_own_history(app):
    sewing, _drums = somebody(offering="ミシンと手縫い"), somebody(offering="太鼓")
    match = approve(make_request(None, DAY), sewing)
    with transaction():
        offers.accept(None, match)
    result = evaluate(app, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["queries"], told["documents"]) == (1, 2)
    assert told["ndcg@10"] == told["mrr@10"] == told["grade2"]["recall@10"] == 1.0


def test_without_a_decision_it_says_so(app):
    result = evaluate(app, "--json")
    assert result.exit_code == 1
    assert "判断の記録がまだありません" in result.output
    assert evaluate(app, "--corpus", __file__).exit_code == 2

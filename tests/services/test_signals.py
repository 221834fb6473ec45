"""What the city remembers of people, read as the ranking's facts."""

from datetime import timedelta

import pytest

from matching.engine.ranking import Facts
from matching.kernel import clock
from matching.kernel.db import db
from matching.matcher import signals
from matching.matches import queries_gates
from matching.matches.models import AttemptResult, Channel, ContactAttempt, EffectAnswer, MatchStatus
from tests.factories import (
    make_match,
    make_registrant,
    make_registration,
    make_request,
    save,
)
from tests.support.statements import statements


@pytest.fixture
def registration(app):
    """Of somebody in another ward of whom nothing is remembered."""
    return make_registration(make_registrant(ward="西区", school_district="春日"))


@pytest.fixture
def request_(registration):
    return make_request()


def known(registration, request):
    return signals.facts([registration.registrant_id], request)[registration.registrant_id]


def days_ago(days):
    return clock.now() - timedelta(days=days)


def past(days, organisation=None):
    return make_request(organisation, clock.today() - timedelta(days=days))


def attempt(match, result, days, reason=""):
    save(
        ContactAttempt(
            match_id=match.id, at=days_ago(days), channel=Channel.TELEPHONE, result=result, reason=reason
        )
    )


def test_of_a_newcomer_nothing_is_remembered(registration, request_):
    assert known(registration, request_) == Facts()


@pytest.mark.parametrize(
    ("ward", "district", "wish", "expected"),
    [
        ("東区", "健軍", {}, (True, True)),
        ("東区", "秋津", {}, (False, True)),
        ("西区", "春日", {}, (False, False)),
        ("東区", "", {"school_district": ""}, (False, True)),
        ("東区", "健軍", {"format": "online"}, (False, False)),
    ],
)
def test_where_somebody_lives_counts_for_those_who_travel(app, ward, district, wish, expected):
    registration = make_registration(make_registrant(ward=ward, school_district=district))
    found = known(registration, make_request(**wish))
    assert (found.same_district, found.same_ward) == expected


def test_last_asked_is_the_newest_offer_or_of_the_paper_years_the_activity(registration, request_):
    make_match(past(400), registration, MatchStatus.COMPLETED)
    assert known(registration, request_).asked == 400
    make_match(past(10), registration, MatchStatus.LAPSED, offered_at=days_ago(30))
    make_match(past(12), registration, MatchStatus.PROPOSED)
    assert known(registration, request_).asked == 30


@pytest.mark.parametrize(
    ("status", "values", "declined", "no_answer"),
    [
        (MatchStatus.DECLINED, {"answered_at": 20, "decline_reason": "far"}, 20, None),
        (MatchStatus.LAPSED, {}, None, 30),
        (MatchStatus.OFFERED, {}, None, None),
        (MatchStatus.ACCEPTED, {"answered_at": 20}, None, None),
        (MatchStatus.LAPSED, {"offered_at": 200}, None, None),
        (MatchStatus.LAPSED, {"offered_at": None}, None, None),
    ],
)
def test_the_last_answer(registration, request_, status, values, declined, no_answer):
    values = {"offered_at": 30, **values}
    moments = {k: days_ago(v) if isinstance(v, int) else v for k, v in values.items()}
    make_match(past(5), registration, status, **moments)
    found = known(registration, request_)
    assert (found.declined, found.no_answer) == (declined, no_answer)
    assert found.decline_reason == ("場所が遠い" if declined else "")


def test_only_the_newest_answer_counts_by_click_or_by_telephone(registration, request_):
    match = make_match(past(5), registration, MatchStatus.OFFERED, offered_at=days_ago(40))
    attempt(match, AttemptResult.NO_ANSWER, 30)
    assert known(registration, request_).no_answer == 30
    attempt(match, AttemptResult.DECLINED, 20, "busy")
    found = known(registration, request_)
    assert (found.declined, found.decline_reason, found.no_answer) == (20, "都合がつかない", None)
    attempt(match, AttemptResult.LATER, 10)
    assert known(registration, request_).declined is None
    make_match(past(3), registration, MatchStatus.LAPSED, offered_at=days_ago(6))
    assert known(registration, request_).no_answer == 6


def test_activities_done_here_and_those_called_effective(registration, request_):
    here, elsewhere = past(50, request_.organisation), past(60)
    for done in (here, elsewhere):
        make_match(done, registration, MatchStatus.COMPLETED)
    save(EffectAnswer(request_id=here.id, effect="自己実現", step=5))
    save(EffectAnswer(request_id=here.id, effect="健康増進", step=3))
    save(EffectAnswer(request_id=elsewhere.id, effect="自己実現", step=3))
    found = known(registration, request_)
    assert (found.done_here, found.thanked) == (1, 1)


def test_an_activity_of_many_dates_counts_once_and_an_old_absence_no_more(registration, request_):
    series = make_request(
        request_.organisation, *(clock.today() - timedelta(days=days) for days in (50, 43, 36))
    )
    make_match(series, registration, MatchStatus.COMPLETED)
    make_match(past(300), registration, MatchStatus.NO_SHOW)
    assert known(registration, request_).no_shows == 0
    make_match(past(30), registration, MatchStatus.NO_SHOW)
    found = known(registration, request_)
    assert (found.done_here, found.no_shows, found.asked) == (1, 1, 36)


@pytest.mark.parametrize(("dates", "expected"), [(1, 1), (4, 2)])
def test_as_many_statements_for_a_series_one_more_however_many_people(registration, dates, expected):
    series = make_request(None, *(clock.today() + timedelta(weeks=n) for n in range(1, dates + 1)))
    others = [make_registration() for _ in range(4)]
    for other in others:
        make_match(past(20), other, MatchStatus.DECLINED, offered_at=days_ago(30), answered_at=days_ago(29))
    ids = [other.registrant_id for other in others]
    request_id = series.id
    db.session.rollback()
    request = db.session.get_one(type(series), request_id)
    assert len(queries_gates.wanted(request).sessions) == dates  # read before: every page shows them
    for people in (ids[:1], ids):
        with statements() as said:
            assert {found.declined for found in signals.facts(people, request).values()} == {29}
        assert len(said) == expected

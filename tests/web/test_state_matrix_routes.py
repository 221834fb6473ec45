"""Promise 7: a POST route stands in a matrix, or here with why it has no state; and what time alone moves."""

from datetime import timedelta

import pytest

from matching.kernel import clock
from matching.kernel.db import transaction
from matching.matches.models import MatchStatus
from matching.matches.services import offers
from matching.registry.models import RegistrationStatus
from matching.registry.services import life
from tests.factories import make_match, make_registration
from tests.support.matrix import SAMPLE, read_table
from tests.web import (
    test_state_matrix,
    test_state_matrix_matches,
    test_state_matrix_questions,
    test_state_matrix_requests,
)

TABLES = (
    test_state_matrix.TABLE,
    *test_state_matrix_matches.TABLES.values(),
    *test_state_matrix_requests.TABLES.values(),
    *(table for _, _, table in test_state_matrix_questions.QUESTIONS.values()),
)
# What strangers are answered is in test_stranger.py for all of these.
STATELESS = {
    "makes something new": """
        accounts.sign_up accounts.staff operators.enter organisations.ask_to_join organisations.enter
        registry.enter registry.enter_course registry.renewal_round requests.calendar_page
        requests.offer_stage requests.post words.enter
    """,
    "several approvals of the matrix, each by itself (test_plan_page.py)": "matcher.approve_plan",
    "one's own account, sign-in and mailed links to it": """
        accounts.follow accounts.follow_reset accounts.reset accounts.sign_in accounts.sign_out
        desk.choose_digest
    """,
    "one's own pages, about nobody else": """
        registry.availability registry.change_absences registry.change_hours registry.check registry.consents
        registry.leave registry.my_availability registry.offering registry.pause registry.person
        registry.resume_mine
    """,
    "kept as it is written, in no life cycle": """
        accounts.scope operators.choose operators.rename organisations.edit organisations.hand_over
        organisations.invite ops.resend registry.add_participant registry.complete registry.remove_participant
        requests.remove_days words.change words.remove
    """,
    "targets, the survey, a year's review (test_closing.py, test_indicator_pages.py, test_survey.py)": """
        indicators.close_year indicators.propose_year indicators.set_halfway indicators.set_survey_values
        indicators.set_targets indicators.write_review
    """,
    "a person's rows as a whole (test_people.py)": "registry.erase registry.merge",
    "looks, and writes nothing": "matcher.preview_change matcher.preview_new registry.same",
    "looks, and notes whose contact was seen (test_leaders.py)": "registry.see_leaders",
}


def test_every_post_route_is_in_a_matrix_or_named_here(app):
    adapter = app.url_map.bind("127.0.0.1")
    paths = {verb.path for table in TABLES for p in SAMPLE for verb in read_table(table, (), p).values()}
    in_a_matrix = {adapter.match(path, method="POST")[0] for path in paths}
    named = {endpoint for endpoints in STATELESS.values() for endpoint in endpoints.split()}
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods}
    assert routes == in_a_matrix | named
    assert not in_a_matrix & named


@pytest.mark.parametrize("status", MatchStatus)
def test_only_an_offer_lapses_with_its_day(app, status):
    match = make_match(status=status, answer_by=clock.today() - timedelta(days=1))
    with transaction():
        offers.lapse_overdue()
    assert match.status is (MatchStatus.LAPSED if status is MatchStatus.OFFERED else status)


@pytest.mark.parametrize("status", RegistrationStatus)
def test_only_what_is_approved_or_suspended_runs_out(app, status):
    registration = make_registration(status=status, valid_until=clock.today() - timedelta(days=1))
    with transaction():
        life.expire(registration)
    runs_out = {RegistrationStatus.APPROVED, RegistrationStatus.SUSPENDED}
    assert registration.status is (RegistrationStatus.EXPIRED if status in runs_out else status)

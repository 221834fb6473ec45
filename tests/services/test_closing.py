"""A year is reviewed by one, closed by another; its figures stay, corrections go to their own year."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from matching.indicators import figures, reports
from matching.indicators.definitions import DEFINITIONS
from matching.indicators.entered import entered
from matching.indicators.models import TargetChange
from matching.indicators.services import closing
from matching.indicators.services.targets import set_target
from matching.indicators.verification import verify
from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict, Invalid, NotAllowed, RuleViolation
from matching.kernel.permissions import Role
from matching.ledger import services as ledger
from matching.ledger.models import LedgerEntry
from matching.matches.models import MatchStatus
from tests.factories import make_account, make_count, make_match, make_request

MARCH = date(2026, 3, 10)  # fiscal year 2025; the tests' today is in 2026
WHY = dict.fromkeys((1, 2, 3, 4), "人手が足りなかった。")


@pytest.fixture
def admins(app):
    return make_account(Role.ADMIN), make_account(Role.ADMIN)


def book(day=MARCH, minutes=90, participants=30):
    match = make_match(make_request(None, day), status=MatchStatus.COMPLETED)
    with transaction():
        make_count(match, day, minutes, participants)
    return match


def void(match):
    with transaction():
        ledger.reverse(match.code, match.round)
        match.status = MatchStatus.VOIDED


def close(admins, year=2025):
    one, other = admins
    with transaction():
        closing.write_causes(one, year, WHY, 1)
        closing.propose(one, year)
        closing.close(other, year)


def third(year):
    return reports.of_year(year).measures[2].figures


def test_a_closed_year_keeps_its_figures_and_a_correction_is_booked_in_the_present_one(admins):
    match, _ = book(), book()
    close(admins)
    before = reports.of_year(2025)
    void(match)
    assert reports.of_year(2025) == before
    assert third(2025)["completed_matches"] == 2
    assert third(2026)["completed_matches"] == -1
    assert third(2026)["activity_minutes"] == -90
    assert third(2026)["people_active"] == 0
    last = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
    assert (last.fiscal_year, last.activity_fiscal_year) == (2026, 2025)
    assert verify().ok


def test_a_late_count_of_a_closed_year_counts_in_the_present_one(admins):
    close(admins)
    match = book()
    assert third(2025)["completed_matches"] == 0
    assert third(2026)["completed_matches"] == 1
    void(match)
    assert third(2026)["completed_matches"] == 0
    assert verify().ok


def test_before_closing_a_correction_belongs_to_its_own_year(admins):
    match = book()
    void(match)
    assert (third(2025)["completed_matches"], third(2026)["completed_matches"]) == (0, 0)


def test_the_same_person_cannot_propose_and_close(admins):
    one, _ = admins
    with transaction():
        closing.write_causes(one, 2025, WHY, 1)
        closing.propose(one, 2025)
    with pytest.raises(NotAllowed), transaction():
        closing.close(one, 2025)


def test_nothing_is_closed_that_nobody_proposed(admins):
    with pytest.raises(RuleViolation), transaction():
        closing.close(admins[0], 2025)


def test_what_is_written_after_the_proposal_takes_it_back(admins):
    one, other = admins
    with transaction():
        review = closing.propose(one, 2025)
    with transaction():
        closing.write_causes(one, 2025, WHY, review.version)
    with pytest.raises(RuleViolation), transaction():
        closing.close(other, 2025)


def test_a_running_year_is_not_closed(admins):
    with pytest.raises(RuleViolation, match="まだ終わっていません"), transaction():
        closing.propose(admins[0], 2026)


@pytest.mark.parametrize("status", [MatchStatus.ACCEPTED, MatchStatus.REPORTED])
def test_a_year_with_open_matters_is_not_closed(admins, status):
    make_match(make_request(None, MARCH), status=status)
    with pytest.raises(RuleViolation, match="1件"), transaction():
        closing.propose(admins[0], 2025)


def test_a_low_grade_needs_its_paragraph(admins):
    one, other = admins
    with transaction():
        set_target(one, 3, "", 2025, 10)
    with pytest.raises(RuleViolation, match="③"), transaction():
        closing.propose(one, 2025)
    with transaction():
        closing.write_causes(one, 2025, {3: "募集が遅れた。"}, 1)
        closing.propose(one, 2025)
        closing.close(other, 2025)
    report = reports.of_year(2025).measures[2]
    assert (report.target, report.percent, report.grade, report.cause) == (10, 0, "D", "募集が遅れた。")


def test_the_stored_value_keeps_the_sentence_it_was_made_by(admins, monkeypatch):
    book()
    close(admins)
    kept = reports.of_year(2025).definitions["completed_matches"].sentence
    other = DEFINITIONS["completed_matches"].__class__("completed_matches", "件数", "別の数え方", "", "件")
    monkeypatch.setitem(DEFINITIONS, "completed_matches", other)
    assert reports.of_year(2025).definitions["completed_matches"].sentence == kept
    assert reports.of_year(2026).definitions["completed_matches"].sentence == "別の数え方"


def test_a_closed_year_names_its_figures_in_their_order(admins):
    close(admins)
    assert list(reports.of_year(2025).definitions) == list(DEFINITIONS)


def test_a_stale_paragraph_is_not_written_over(admins):
    one, other = admins
    with transaction():
        closing.write_causes(one, 2025, {3: "一人目"}, 1)
    with pytest.raises(Conflict), transaction():
        closing.write_causes(other, 2025, {3: "二人目"}, 1)
    assert entered().causes[2025] == {3: "一人目"}


def test_an_entry_slipped_into_a_closed_year_is_found(admins):
    close(admins)
    match = make_match(make_request(None, MARCH), status=MatchStatus.COMPLETED)
    with transaction():
        entry = make_count(match, MARCH, 90, 30)
    assert verify().ok
    for name in ("no_update",) if db.engine.dialect.name == "sqlite" else ():
        db.session.execute(text(f"DROP TRIGGER ledger_entry_{name}"))
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER ALL"))
    db.session.execute(text(f"UPDATE ledger_entry SET fiscal_year = 2025 WHERE seq = {entry.seq}"))
    db.session.commit()
    assert any("締めた年度" in problem.reason for problem in verify().problems)


@pytest.mark.parametrize("statement", ["UPDATE closed_year SET head_seq = 9", "DELETE FROM closed_year"])
def test_the_database_keeps_a_closed_year_closed(admins, statement):
    close(admins)
    with pytest.raises(DatabaseError):
        db.session.execute(text(statement))
    db.session.rollback()


def test_targets_keep_their_history(admins):
    one = admins[0]
    for wanted in (10, 12, None):
        with transaction():
            set_target(one, 3, "school_support", 2026, wanted)
    changes = db.session.scalars(select(TargetChange).order_by(TargetChange.id)).all()
    assert [(c.before, c.after) for c in changes] == [(None, 10), (10, 12), (12, None)]
    assert reports.of_year(2026).measures[2].programmes[0].grade is None


def test_a_target_changed_by_somebody_else_meanwhile_is_not_overwritten(admins):
    one, other = admins
    with transaction():
        set_target(one, 3, "", 2026, 10)
    with pytest.raises(Conflict), transaction():
        set_target(other, 3, "", 2026, 20, was=None)


def test_the_target_of_a_closed_year_stays(admins):
    close(admins)
    with pytest.raises(Invalid, match="締めて"), transaction():
        set_target(admins[0], 3, "", 2025, 10)


def test_a_year_closed_long_ago_is_read_the_same_in_any_year(admins):
    book()
    close(admins)
    kept = reports.of_year(2025)
    with clock.frozen(datetime(2031, 6, 1, tzinfo=UTC)):
        assert reports.of_year(2025) == kept
        assert 2031 in figures.years()

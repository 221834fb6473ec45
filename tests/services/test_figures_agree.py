"""Promise 13: on random histories every figure equals what an independent script of plain SQL counts.

The histories hold helpers who share one activity, sessions on both sides of 31 March, reversals, counts
again, closed years and their late corrections, merged people, council seats, courses and unmet requests.
"""

import random
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from matching.indicators import circulation, counted, effects, figures, reports
from matching.indicators.kept import revision
from matching.indicators.services import closing
from matching.indicators.verification import verify
from matching.kernel import clock
from matching.kernel.audit import record
from matching.kernel.db import db, transaction
from matching.kernel.permissions import Role
from matching.ledger import services as ledger
from matching.matches.models import EffectAnswer, MatchStatus
from matching.municipality.city import municipality
from matching.registry.models import Registration, RegistrationStatus
from matching.registry.models_courses import CourseParticipant, LearningRecord
from matching.registry.services.merging import merge
from matching.requests.models import RequestStatus
from tests.factories import (
    DISTRICT,
    make_account,
    make_count,
    make_course,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
)
from tests.support.plain_sql import recompute
from tests.support.soak import ROUNDS

YEARS = (2024, 2025, 2026)
PROGRAMMES = (
    "women_talent",
    "aiport",
    "lecturer",
    "school_support",
    "manabi_time",
    "bosaishi",
    "voluntary_disaster",
)


class History:
    """A few people and organisations, and what happened among them; one seed, one history."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.admins = make_account(Role.ADMIN), make_account(Role.ADMIN)
        self.organisations = [make_organisation(name=f"学校{n}") for n in range(3)]
        self.registrations = [self.registration(make_registrant(name=f"人{n}")) for n in range(6)]
        self.twins = self.registrations[:2]
        self.closed, self.hour, self.done = set(), 5, []
        self.told = {}  # what was reported of a request: its helpers share it

    def registration(self, person):
        approved = self.moment()
        ended = self.chance.random() < 0.2
        return make_registration(
            person,
            self.chance.choice(PROGRAMMES),
            offering=None,
            approved_at=approved,
            status=RegistrationStatus.WITHDRAWN if ended else RegistrationStatus.APPROVED,
            ended_at=approved + timedelta(days=self.chance.randrange(400)) if ended else None,
            valid_until=date(self.chance.choice((2025, 2026, 2027)), 3, 31),
        )

    def day(self):
        """Any day of the three years, often at a year's turn."""
        if self.chance.random() < 0.4:
            return self.chance.choice(
                (date(2025, 3, 31), date(2025, 4, 1), date(2026, 3, 31), date(2026, 4, 1))
            )
        return date(2024, 4, 1) + timedelta(days=self.chance.randrange(900))

    def hours(self):
        """An hour of its own for each activity: nobody is at two places at once."""
        self.hour += 1
        return time(self.hour, 0), time(self.hour, 59)

    def moment(self):
        hour = self.chance.choice((time(0, 0), time(8, 59), time(10, 0), time(23, 59, 59)))
        return clock.at(self.day(), hour)

    def activity(self):
        """Some help in one request; what each did is counted, some of it taken back or counted again."""
        helpers = self.chance.sample(self.registrations, self.chance.randrange(1, 4))
        if self.twins[0] in helpers:
            helpers = [helper for helper in helpers if helper is not self.twins[1]]
        days = sorted({self.day() for _ in range(self.chance.randrange(1, 4))})
        opened = clock.at(days[0] - timedelta(days=self.chance.randrange(5, 60)), time(9, 0))
        request = make_request(
            self.chance.choice(self.organisations),
            *days,
            programmes=[helpers[0].programme],
            hours=self.hours(),
            status=self.chance.choice((RequestStatus.CLOSED, RequestStatus.FILLED)),
            headcount=len(helpers) + self.chance.randrange(2),
            format=self.chance.choice(("in_person", "online")),
            school_district=self.chance.choice(("", DISTRICT)),
            opened_at=opened,
        )
        for helper in helpers:
            answered = opened + timedelta(hours=self.chance.randrange(200))
            match = make_match(
                request, helper, MatchStatus.COMPLETED, programme=helper.programme,
                measure=municipality().programmes[helper.programme].measure, answered_at=answered,
            )  # fmt: skip
            self.count(match, days[-1])
            if self.chance.random() < 0.3:
                self.take_back(match, days[-1])
            self.done.append((match, days[-1]))
        if self.chance.random() < 0.7:
            db.session.add_all(
                EffectAnswer(request_id=request.id, effect=effect, step=self.chance.randrange(1, 6))
                for names in municipality().pillars.values()
                for effect in names
            )
            db.session.commit()
        self.acted(request)

    def acted(self, thing):
        """As every verb that does this to a thing says so."""
        with transaction():
            record(None, "history", thing)

    def count(self, match, day):
        with transaction():
            told = self.chance.randrange(0, 300), self.chance.randrange(0, 50)
            make_count(match, day, *self.told.setdefault(match.request_id, told))

    def take_back(self, match, day):
        with transaction():
            ledger.reverse(match.code, match.round)
            if self.chance.random() < 0.5:
                match.round += 1
            else:
                match.status = MatchStatus.VOIDED
            record(None, "history", match)
        if match.status is MatchStatus.COMPLETED:
            self.count(match, day)

    def late(self):
        """What was counted long ago is taken back, first of all in a year closed since."""
        standing = [(match, day) for match, day in self.done if match.status is MatchStatus.COMPLETED]
        self.chance.shuffle(standing)
        standing.sort(key=lambda done: clock.fiscal_year(done[1]) not in self.closed)
        for match, day in standing[:3]:
            self.take_back(match, day)

    def seat(self):
        """A council seat has a term; it is counted on its first day, with no minutes."""
        begins = self.day()
        request = make_request(
            self.chance.choice(self.organisations), programmes=["women_talent"], status=RequestStatus.FILLED,
            hours=self.hours(), term_start=begins, term_end=begins + timedelta(days=700),
            opened_at=clock.at(begins - timedelta(days=30), time(9, 0)),
        )  # fmt: skip
        request.sessions.clear()
        db.session.commit()
        match = make_match(request, self.chance.choice(self.registrations), MatchStatus.COMPLETED,
                           programme="women_talent", measure=1)  # fmt: skip
        with transaction():
            make_count(match, begins, 0, 0)
            record(None, "history", match)

    def unmet(self):
        request = make_request(self.chance.choice(self.organisations), self.day(), status=RequestStatus.UNMET,
                     programmes=[self.chance.choice(PROGRAMMES)], opened_at=self.moment())  # fmt: skip
        self.acted(request)

    def course(self):
        people = [
            CourseParticipant(name=f"受講者{n}", kana="じゅこうしゃ", completed_at=clock.now())
            for n in range(self.chance.randrange(1, 4))
        ]
        learned = self.chance.choice(self.registrations).registrant
        year = self.chance.choice(YEARS)
        db.session.add(LearningRecord(registrant_id=learned.id, course="講座", fiscal_year=year))
        self.acted(make_course(*people, fiscal_year=year))

    def close(self):
        """The first year that is over and still open is closed; what comes later is a correction."""
        year = 2024 if 2024 not in self.closed else 2025
        if year in self.closed:
            return
        self.closed.add(year)
        one, other = self.admins
        with transaction():
            closing.write_causes(one, year, dict.fromkeys((1, 2, 3, 4), "理由"), 1)
            closing.propose(one, year)
            closing.close(other, year)

    def merged(self):
        """The twins, who never helped in the same request, turn out to be one person."""
        kept, gone = self.twins
        with transaction():
            merge(self.admins[0], kept.registrant, gone.registrant)
        self.registrations = list(db.session.scalars(select(Registration).order_by(Registration.id)))

    def run(self):
        steps = [self.activity] * 6 + [
            self.late,
            self.seat,
            self.unmet,
            self.course,
            self.course,
            self.close,
            self.merged,
        ]
        self.chance.shuffle(steps)
        for step in (*steps, self.close, self.late, self.activity, self.late):
            step()
            kept_equal_counted_anew()


def kept_equal_counted_anew():
    """What is kept and read on from act to act is what a reading from the first entry gives."""
    for year in YEARS:
        at = revision(year)
        assert counted.of_year(year, at) == counted.of_year(year)
        assert figures.of_year(year, at) == figures.of_year(year)
        assert effects.by_pillar(year, at) == effects.by_pillar(year)
    assert circulation.cohorts(at) == circulation.cohorts()
    done = counted.totals(at)
    for year in YEARS:
        for measure in municipality().measures:
            anew = counted.of_year(year)["measure"].get(str(measure), counted.NOTHING)
            assert done.get((year, measure), 0) == anew["completed_matches"]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(max(2, ROUNDS)))
def test_figures_equal_an_independent_count(app, seed):
    history = History(seed)
    history.run()
    now = {year: reports.present(year) for year in YEARS}
    stored = {year: reports.of_year(year) for year in history.closed}
    with db.engine.connect() as connection:
        for year, report in now.items():
            plain = recompute(connection, municipality(), year, clock.today())
            ours = {line.scope: dict(line.figures) for line in report.lines}
            assert ours == plain, (seed, year)
    for year, report in stored.items():  # entries of a closed year stay as they were
        for line, again in zip(report.lines, now[year].lines, strict=True):
            same = ("completed_matches", "activity_minutes", "participants", "organisations", "districts")
            assert [line.figures[key] for key in same] == [again.figures[key] for key in same]
    assert verify().ok

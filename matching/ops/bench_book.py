"""`flask indicators bench`: how long a book of many entries takes to be verified, reported and looked at.

The book is made up, in an installation that has booked nothing yet: people, requests of organisations,
completed matches and one chain over the plan's years that have begun.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from itertools import islice
from time import perf_counter
from typing import Any

import click
import numpy as np
from flask import current_app
from sqlalchemy import insert, select

from matching.indicators import figures, reports
from matching.indicators.commands import indicators
from matching.indicators.shapes import SHAPES
from matching.indicators.verification import verify
from matching.kernel.clock import at, fiscal_year, now, today
from matching.kernel.codes import new_code
from matching.kernel.db import Base, db, transaction
from matching.ledger.models import EntryKind, LedgerEntry
from matching.ledger.rules import GENESIS, entry_hash
from matching.matches.models import Attendance, CompletionReport, EffectAnswer, Match, MatchStatus, Origin
from matching.municipality.city import municipality
from matching.organisations.models import Organisation
from matching.registry.models import Registrant, RegistrantKind, Registration, RegistrationStatus
from matching.requests.models import RequestProgramme, RequestStatus, Session, SupportRequest

PEOPLE, ORGANISATIONS, HELPERS = 20_000, 500, 3  # so many share a request
ANSWERED = 4  # of so many requests one answers what the activity brought
AT_ONCE, OPENINGS, SEED = 10_000, 40, 7
Rows = Iterator[dict[str, Any]]


@indicators.command()
@click.option("--entries", default=200_000, show_default=True, type=click.IntRange(10, 5_000_000))
def bench(entries: int) -> None:
    """Make up a book in an empty installation (one that has a book is measured as it is); print seconds."""
    if db.session.scalar(select(LedgerEntry.seq).limit(1)) is None:
        if db.session.scalar(select(Registrant.id).limit(1)) is not None:
            raise click.ClickException("空のデータベースで測ってください。")
        _say("made", _seconds(lambda: _make(entries)))
    year = figures.years()[0]
    _say("verified", _seconds(_verified))
    for ending, shape in SHAPES.items():
        _say(f"report.{ending}", _seconds(lambda make=shape.make: make(reports.present(year))))  # type: ignore[misc]
    browser = current_app.test_client()
    took = [_seconds(lambda: browser.get("/indicators")) for _ in range(OPENINGS)]
    _say("/indicators, the first", took[0])
    _say("/indicators, median", float(np.median(took)))


def _verified() -> None:
    if problems := verify().problems:
        raise click.ClickException(f"{len(problems)}: {problems[0].reason}")


def _say(what: str, seconds: float) -> None:
    click.echo(json.dumps({what: round(seconds, 3)}))


def _seconds(work: Callable[[], Any]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def _make(entries: int) -> None:
    """Every table in one transaction, written in bulk."""
    chance, city = random.Random(SEED), municipality()  # noqa: S311 – a made-up book
    programmes, wards = list(city.programmes.values()), list(city.wards)
    people = [new_code() for _ in range(PEOPLE)]
    houses = [(new_code(), chance.choice(wards)) for _ in range(ORGANISATIONS)]
    asked = [
        (new_code(), chance.randrange(ORGANISATIONS), chance.choice(programmes), _day(chance))
        for _ in range(-(-entries // HELPERS))
    ]
    helped = [(new_code(), n // HELPERS + 1, (n * 7919) % PEOPLE + 1) for n in range(entries)]
    made = {"created_at": now()}

    def counts() -> Rows:
        previous = GENESIS
        for seq, (code, request, person) in enumerate(helped, 1):
            request_code, house, programme, day = asked[request - 1]
            ward = houses[house][1]
            values: dict[str, Any] = {
                "seq": seq, "recorded_at": now(), "kind": EntryKind.COUNT, "match": code, "round": 1,
                "request": request_code, "programme": programme.key, "measure": programme.measure,
                "fiscal_year": fiscal_year(day), "activity_fiscal_year": fiscal_year(day),
                "activity_date": day, **_told(request),
                "online": seq % 11 == 0, "registrant": people[person - 1], "organisation": houses[house][0],
                "ward": ward, "district": city.wards[ward][seq % len(city.wards[ward])],
            }  # fmt: skip
            values |= {"previous_hash": previous, "hash": entry_hash(previous, values)}
            previous = values["hash"]
            yield values

    tables: dict[type[Base], Rows] = {
        Organisation: (
            {"id": n, "code": code, "name": f"団体{n}", "kind": "elementary_school", "ward": ward} | made
            for n, (code, ward) in enumerate(houses, 1)
        ),
        Registrant: (
            {"id": n, "pseudonym": code, "name": f"人{n}", "kana": "ひと", "ward": wards[n % len(wards)]}
            | {"kind": RegistrantKind.PERSON}
            | made
            for n, code in enumerate(people, 1)
        ),
        Registration: (
            {"id": n, "registrant_id": n, "programme": programmes[n % len(programmes)].key}
            | {"status": RegistrationStatus.APPROVED, "approved_at": now()}
            for n in range(1, PEOPLE + 1)
        ),
        SupportRequest: (
            {"id": n, "code": code, "organisation_id": house + 1, "ward": houses[house][1]}
            | {"status": RequestStatus.CLOSED, "title": "活動", "description": "活動", "headcount": HELPERS}
            | {"opened_at": at(day - timedelta(days=30), time(9)), "created_at": now()}
            for n, (code, house, _, day) in enumerate(asked, 1)
        ),
        Session: (
            {"id": n, "request_id": n, "starts_at": at(day, time(10)), "ends_at": at(day, time(12))}
            for n, (_, _, _, day) in enumerate(asked, 1)
        ),
        EffectAnswer: (
            {"request_id": n, "effect": effect, "step": 1 + n % 5}
            for n in range(1, len(asked) + 1)
            if n % ANSWERED == 0
            for effects in city.effects.values()
            for effect in effects
        ),
        RequestProgramme: (
            {"request_id": n, "position": 1, "programme": programme.key}
            for n, (_, _, programme, _) in enumerate(asked, 1)
        ),
        Match: (
            {"id": n, "code": code, "request_id": request, "registrant_id": person, "registration_id": person}
            | {"programme": asked[request - 1][2].key, "measure": asked[request - 1][2].measure}
            | {"status": MatchStatus.COMPLETED, "origin": Origin.COORDINATOR, "place": n % HELPERS + 1}
            | {"answered_at": at(asked[request - 1][3] - timedelta(days=9), time(12)), "created_at": now()}
            for n, (code, request, person) in enumerate(helped, 1)
        ),
        CompletionReport: (
            {"id": n, "request_id": n, "session_id": n, "held": True, "reported_at": now(), **_told(n)}
            for n in range(1, len(asked) + 1)
        ),
        Attendance: (
            {"report_id": request, "match_id": n, "came": True} for n, (_, request, _) in enumerate(helped, 1)
        ),
        LedgerEntry: counts(),
    }
    with transaction():
        for model, rows in tables.items():
            while some := list(islice(rows, AT_ONCE)):
                db.session.execute(insert(model), some)


def _told(request: int) -> dict[str, int]:
    """What was reported of a request: its helpers share it."""
    return {"minutes": 60 + request % 120, "participants": request % 80}


def _day(chance: random.Random) -> date:
    """A day of the plan so far."""
    first = date(municipality().first_fiscal_year, 4, 1)
    return first + timedelta(days=chance.randrange((today() - first).days))

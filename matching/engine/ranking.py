"""Text score + small, visible signals → order, with reasons.

The text decides: the signals of two people never differ by more than CLEAR together, so that whoever
fits the text by more than that stays in front. Every point is a whole hundredth, shown as it counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

CLEAR = 0.13  # a difference of text scores, in [0, 1], that no sum of signals turns round
YEAR, HALF_YEAR, MONTH, WEEK = 365, 182, 30, 7  # days
Id = TypeVar("Id", int, str)


@dataclass(frozen=True, slots=True)
class Weights:
    """The points of each signal, in the unit of the text score; ValueError where they outweigh the text."""

    same_district: float
    same_ward: float
    known: float
    thanks: float
    waiting: float  # of somebody who has waited for `waiting_days` or was never asked; less before
    waiting_days: int
    declined: float
    no_answer: float
    no_show: float
    remembered_days: int  # for so long a refusal, a silence and an absence count
    series: float  # of somebody free at every date of a series; less in proportion

    def __post_init__(self) -> None:
        for_ = (max(self.same_district, self.same_ward), self.known, self.thanks, self.waiting, self.series)
        against = (min(self.declined, self.no_answer), self.no_show)
        if min(for_) < 0 or max(against) > 0 or min(self.waiting_days, self.remembered_days) < 1:
            raise ValueError(
                "signals: what speaks for somebody is 0 or more, against 0 or less, days 1 or more"
            )
        if round(sum(for_) - sum(against), 6) > CLEAR:
            raise ValueError(f"signals: together they may not come to more than {CLEAR}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person for one request. Days are those gone by since; None: never."""

    same_district: bool = False
    same_ward: bool = False
    done_here: int = 0  # completed activities for the same organisation
    thanked: int = 0  # completed activities whose requester called them effective
    asked: int | None = None
    declined: int | None = None  # the last answer was a no
    decline_reason: str = ""
    no_answer: int | None = None  # the last offer or call was not answered
    no_shows: int = 0  # within the remembered days
    dates: int = 0  # of a series; 0: the request is none …
    dates_free: int = 0  # … and at how many of them the person is free


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason beside the text: its name, its points (whole hundredths) and how it is read aloud."""

    name: str
    points: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Ranked(Generic[Id]):
    """A person in the order. `total` is the text score plus the points of the signals."""

    id: Id
    score: float
    signals: tuple[Signal, ...]

    @property
    def total(self) -> float:
        return self.score + sum(signal.points for signal in self.signals)


def order(scores: Mapping[Id, float], facts: Mapping[Id, Facts], weights: Weights) -> list[Ranked[Id]]:
    """People by their total, highest first; ties by id. `scores`: of the text, in [0, 1]."""
    people = [Ranked(id_, score, signals(facts[id_], weights)) for id_, score in scores.items()]
    return sorted(people, key=lambda person: (-round(person.total, 9), person.id))


def signals(facts: Facts, weights: Weights) -> tuple[Signal, ...]:
    """The signals that count for or against somebody, strongest first; those of no point are left out."""
    found = [signal for signal in _all(facts, weights) if signal.points]
    return tuple(sorted(found, key=lambda signal: -abs(signal.points)))


def _all(facts: Facts, weights: Weights) -> Iterable[Signal]:
    if facts.same_district:
        yield _signal("district", weights.same_district, "同じ校区")
    elif facts.same_ward:
        yield _signal("ward", weights.same_ward, "同じ区")
    if facts.done_here:
        yield _signal("known", weights.known, f"この団体で{facts.done_here}回活動")
    if facts.thanked:
        yield _signal("thanks", weights.thanks, f"効果があったと言われた活動{facts.thanked}回")
    if facts.dates:
        yield _series(facts.dates_free, facts.dates, weights)
    yield _waiting(facts.asked, weights)
    if facts.declined is not None and facts.declined <= weights.remembered_days:
        reason = f"（{facts.decline_reason}）" if facts.decline_reason else ""
        yield _signal("declined", weights.declined, f"{_ago(facts.declined)}辞退{reason}")
    elif facts.no_answer is not None and facts.no_answer <= weights.remembered_days:
        yield _signal("no_answer", weights.no_answer, f"{_ago(facts.no_answer)}打診、返事なし")
    if facts.no_shows:
        yield _signal("no_show", weights.no_show, f"欠席{facts.no_shows}回")


def _waiting(asked: int | None, weights: Weights) -> Signal:
    """Fairness: who has waited longest rises, so that the same person is not sent everywhere."""
    if asked is None:
        return _signal("waiting", weights.waiting, "まだ声をかけたことがない")
    share = min(asked / weights.waiting_days, 1)
    return _signal("waiting", weights.waiting * share, f"{_for_how_long(asked)}声をかけていない")


def _series(free: int, dates: int, weights: Weights) -> Signal:
    """Free at one date is enough for a series (design §6); who comes more often rises."""
    told = f"{dates}回すべてに来られる" if free == dates else f"{dates}回のうち{free}回に来られる"
    return _signal("series", weights.series * free / dates, told)


def _signal(name: str, points: float, sentence: str) -> Signal:
    """Rounded towards nothing, so that no rounding passes the bound."""
    return Signal(name, int(points * 100 + (1e-6 if points > 0 else -1e-6)) / 100, sentence)


def _for_how_long(days: int) -> str:
    if days >= YEAR:
        return "1年以上"
    if days >= HALF_YEAR:
        return "半年以上"
    return f"{days // MONTH}か月" if days >= MONTH else f"{days}日"


def _ago(days: int) -> str:
    if days >= 2 * MONTH:
        return f"{days // MONTH}か月前に"
    if days >= 2 * WEEK:
        return f"{days // WEEK}週間前に"
    return f"{days}日前に" if days else "きょう"

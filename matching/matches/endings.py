"""What the end of a registration does to its matches: said on the page before, done by the same function."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matching.kernel.lifecycle import move
from matching.matches.models import MatchStatus
from matching.matches.rules import LIFE_CYCLE

LIVE = frozenset(state for state, verb in LIFE_CYCLE if verb == "end")


def becomes(status: MatchStatus, *, begun: bool) -> MatchStatus | None:
    """The state after the registration's end (design §5); None: the match stays as it is.

    An arranged activity that has begun stays, to be reported: what was done is counted.
    """
    if status not in LIVE or (status is MatchStatus.ACCEPTED and begun):
        return None
    return move(LIFE_CYCLE, status, "end", refusal="").to


@dataclass(frozen=True, slots=True)
class Concerned:
    """One match of a registration about to end, as the page shows it."""

    title: str
    organisation: str
    dates: Sequence[str]
    status: MatchStatus
    begun: bool

    @property
    def becomes(self) -> MatchStatus | None:
        return becomes(self.status, begun=self.begun)


@dataclass(frozen=True, slots=True)
class Effects:
    """What becomes of a registration's matches, by what is done to them."""

    called_off: list[Concerned]  # arranged activities
    taken_back: list[Concerned]  # what was asked or wished for
    staying: list[Concerned]  # begun, to be reported


def effects(concerned: Iterable[Concerned]) -> Effects:
    rows = list(concerned)
    return Effects(
        called_off=[row for row in rows if row.becomes is MatchStatus.CANCELLED],
        taken_back=[row for row in rows if row.becomes is MatchStatus.WITHDRAWN],
        staying=[row for row in rows if row.becomes is None],
    )

"""Life cycles as tables: (state, verb) → moves. What is not in the table is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from matching.kernel.errors import RuleViolation

State = TypeVar("State", bound=StrEnum)


def always(_facts: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Move(Generic[State]):
    """Where a verb leads, which permission it needs, and the guard on the facts that must hold."""

    to: State
    action: str
    guard: Callable[[Any], bool] = always


Table = Mapping[tuple[State, str], tuple[Move[State], ...]]


def move(table: Table[State], state: State, verb: str, facts: Any = None, *, refusal: str) -> Move[State]:
    """The one move of `verb` from `state`; RuleViolation with the sentence `refusal` where there is none."""
    for candidate in table.get((state, verb), ()):
        if candidate.guard(facts):
            return candidate
    raise RuleViolation(refusal)

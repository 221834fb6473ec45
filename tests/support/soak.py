"""How often the tests marked soak repeat, and what they counted."""

import os
from collections import Counter, defaultdict

ROUNDS = int(os.environ.get("ROUNDS", "1"))  # `make soak` asks for many
_counted: dict[str, Counter[str]] = defaultdict(Counter)


def kills(few: int) -> int:
    """How often a process is killed; each time it has to start again, which takes seconds.

    At most 50: in the four tests together 200 on each database.
    """
    return max(few, min(ROUNDS, 50))


def tally(promise: str, **figures: int) -> None:
    """Add to what stands at the end of the run, one line a promise."""
    _counted[promise].update(figures)


def lines() -> list[str]:
    """What was counted: `promise 3 sqlite: rounds 200, attempts 10200, …`."""
    return [
        f"{promise}: {', '.join(f'{name} {number}' for name, number in figures.items())}"
        for promise, figures in sorted(_counted.items())
    ]

"""From which score a person is suitable, what a coordinator should know besides, and what a decision says."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """Scores from which the best person shows that there is somebody at all, and each one is worth listing.

    Chosen on the judged requests and on the same without their right people (README, measurements). `alike`:
    the mean likeness from which requests ask for one topic, chosen on 95 requests of two authors.
    """

    somebody: float
    listed: float
    alike: float

    def least(self, best: float) -> float:
        """The score from which people are worth listing: none is where the best shows that nobody fits."""
        return max(self.listed, best / 2) if best >= self.somebody else math.inf


BY_MEANING = Threshold(somebody=0.24, listed=0.12, alike=0.28)
BY_WORDS = Threshold(somebody=0.03, listed=0.01, alike=0.18)  # without vectors scores are lower


def crowded(capacity: int | None, participants: int | None) -> str:
    """A note, not a gate: the offering takes fewer people at a time than are expected. Else nothing."""
    if capacity is None or participants is None or capacity >= participants:
        return ""
    room = f"一度に受け入れられるのは{capacity}人です。"
    return f"{room}参加予定の{participants}人を分けて行えるか、相談してください。"


RIGHT, CHOSEN, NOT_RIGHT = 2, 1, 0


def grade(verb: str, reason: str) -> int | None:
    """The grade of a judged pair; None: the decision says nothing of the words.

    Approved: a coordinator chose the pair (1). Accepted or completed: the person agreed, it took place (2).
    Declined because the content does not suit, or a wish rejected as unsuitable: not right (0). Declined for
    another reason (busy, far, health): the choice stands as it was approved (1). A wish rejected for another
    reason was never chosen: it says nothing.
    """
    if verb in ("accept", "complete"):
        return RIGHT
    if reason == "unsuitable":
        return NOT_RIGHT
    return None if verb == "reject" else CHOSEN

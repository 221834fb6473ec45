"""What the header and the home page offer to whom."""

from dataclasses import dataclass

from flask import request, url_for
from flask_login import current_user

from matching.kernel.access import actor
from matching.kernel.permissions import may
from matching.registry.queries import is_registered

OPENINGS = "matcher.openings"  # offered to those only whom a request could fit
# endpoint, label, the action that opens it
PLACES = (
    ("registry.queue", "登録の審査", "registration.list"),
    ("registry.courses", "講座", "course.list"),
    ("requests.index", "依頼", "request.list"),
    ("matcher.plan", "一括案", "plan.see"),
    ("organisations.index", "団体", "organisation.list"),
    (OPENINGS, "わたしに合う依頼", "opening.list"),
    ("matches.index", "打診と活動", "account.use"),
    ("words.index", "同義語", "thesaurus.see"),
    ("registry.index", "わたしの登録", "registration.apply"),
    ("accounts.staff", "職員", "account.manage"),
)
# Of more places than stand in a line, those that staff seldom open are folded.
IN_A_LINE = 7
SELDOM = {"registry.courses", OPENINGS, "words.index", "registry.index"}
# Pages of a place that do not lie below its own address.
FURTHER = {
    "registry.queue": (
        "/registry/registrations",
        "/registry/enter",
        "/registry/credentials",
        "/registry/renewals",
        "/registry/registrants",
        "/registry/ended",
        "/registry/leaders",
    )
}


@dataclass(frozen=True, slots=True)
class Place:
    """One way in the navigation."""

    label: str
    url: str
    current: bool
    folded: bool


def navigation() -> list[Place]:
    """The places this reader may open; the figures are everybody's."""
    places = []
    if current_user.is_authenticated:
        places = [(endpoint, label) for endpoint, label, name in PLACES if may(actor(), name)]
        if not is_registered(actor()):
            places = [place for place in places if place[0] != OPENINGS]
    places.append(("indicators.index", "指標"))
    below = {endpoint: (url_for(endpoint), *FURTHER.get(endpoint, ())) for endpoint, _ in places}
    nearest = {endpoint: max(map(_shared, addresses)) for endpoint, addresses in below.items()}
    here = max(nearest, key=lambda endpoint: nearest[endpoint])
    folded = SELDOM if len(places) > IN_A_LINE else ()
    return [
        Place(label, url_for(endpoint), endpoint == here and nearest[endpoint] > 0, endpoint in folded)
        for endpoint, label in places
    ]


def _shared(address: str) -> int:
    """How much of the present page's address this one is the beginning of."""
    return len(address) if f"{request.path}/".startswith(f"{address}/") else 0

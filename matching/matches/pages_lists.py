"""Matches in lists: plain values, and of a person only what this reader may see now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from matching.accounts.models import Account
from matching.kernel.clock import dated_span
from matching.kernel.paging import Leaf
from matching.kernel.permissions import ADMIN, AUDITOR, COORDINATOR, REQUESTER, granted, stands
from matching.matches import queries, queries_safety
from matching.matches.models import STANDING, Match, MatchStatus
from matching.matches.queries_safety import Safety
from matching.municipality.city import municipality
from matching.registry.models import RegistrantKind
from matching.requests.models import SupportRequest
from matching.requests.wording import Wording, term_text, wording_of

CHIPS = {
    MatchStatus.PROPOSED: "waiting",
    MatchStatus.OFFERED: "waiting",
    MatchStatus.ACCEPTED: "done",
    MatchStatus.REPORTED: "waiting",
    MatchStatus.COMPLETED: "done",
    MatchStatus.VOIDED: "stopped",
    MatchStatus.DECLINED: "stopped",
    MatchStatus.CANCELLED: "stopped",
    MatchStatus.NO_SHOW: "stopped",
}


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match in a list. `person` is what the reader may call the person now."""

    code: str
    status: str
    chip: str
    person: str
    request_title: str
    organisation: str
    council: str
    wording: Wording
    measure: int
    programme: str
    dates: tuple[str, ...]
    answer_by: date | None
    standing: bool
    safety: Safety | None  # None: no check is needed


def chip(status: MatchStatus) -> str:
    return CHIPS.get(status, "plain")


def audits(viewer: Account, request: SupportRequest) -> bool:
    """Whether somebody reads this as an auditor alone: no person is named to them (reliability §1)."""
    if AUDITOR not in viewer.roles or ADMIN in viewer.roles:
        return False
    return not (viewer.roles & {COORDINATOR, REQUESTER} and stands(viewer, request, "request"))


def person_for(viewer: Account, match: Match) -> str:
    """Full name for the person, the coordinator, and from acceptance on the requester; else initials."""
    person = match.registrant
    if person.account_id != viewer.id and audits(viewer, match.request):
        return f"登録者 {person.code}"
    sees = person.account_id == viewer.id or viewer.roles & {COORDINATOR, ADMIN}
    if sees or match.status in queries.KNOWN:
        return person.called
    called = "の皆さん" if person.kind is RegistrantKind.GROUP else "さん"
    return f"{person.initials} {called}（お名前は、承諾のあとに表示します）"


def status_words(viewer: Account, match: Match) -> str:
    """The state's word; of a wish who wishes it, since "提案" says nothing to either side."""
    words = wording_of(match.request)
    if not match.wished:
        return words.states.get(match.status, match.status.label)
    own = match.registrant.account_id == viewer.id
    if municipality().turned_round(match.request.programmes):
        return "応募しています" if own else "応募があります"
    return "希望を出しています" if own else "本人が希望しています"


def rows(viewer: Account, found: Iterable[Match]) -> list[MatchRow]:
    """The matches as rows; their checks are read in one statement."""
    found = list(found)
    safety = queries_safety.states(found)
    return [_row(viewer, match, safety.get(match.id)) for match in found]


def _row(viewer: Account, match: Match, safety: Safety | None) -> MatchRow:
    return MatchRow(
        code=match.code,
        status=status_words(viewer, match),
        chip=chip(match.status),
        person=person_for(viewer, match),
        request_title=match.request.title,
        organisation=match.request.organisation.name,
        council=match.request.council,
        wording=wording_of(match.request),
        measure=match.measure,
        programme=municipality().programmes[match.programme].name,
        dates=dates(match),
        answer_by=match.answer_by if match.status is MatchStatus.OFFERED else None,
        standing=match.status in STANDING,
        safety=safety,
    )


def dates(match: Match) -> tuple[str, ...]:
    """Its dates; of a seat the term."""
    if match.request.term_start is not None:
        return (term_text(match.request),)
    return tuple(dated_span(row.starts_at, row.ends_at) for row in match.session_rows)


@dataclass(frozen=True, slots=True)
class Group:
    """Matches in one list of work. `number`: how many there are on all pages; None: nobody counts them."""

    title: str
    number: int | None
    rows: tuple[MatchRow, ...]


TITLES = dict(
    zip(
        queries.IN_HAND,
        ("希望が出ているもの", "返事を待っているもの", "決まったもの", "終わって、確認を待つもの"),
        strict=True,
    )
)


def page(viewer: Account, number: int) -> tuple[list[Group], Leaf]:
    """Wishes and what needs an answer first, then what is arranged, then the rest."""
    condition = granted(viewer, "match.see", Match)
    counted = queries.in_hand(condition)
    found, leaf = queries.listed(condition, counted, number)
    told = groupby(zip(found, rows(viewer, found), strict=True), lambda pair: TITLES.get(pair[0].status))
    groups = [(title, tuple(row for _, row in pairs)) for title, pairs in told]
    numbers = {TITLES[status]: number for status, number in counted.items()}
    return [
        Group(title or "終わったもの", numbers.get(title or ""), listed) for title, listed in groups
    ], leaf

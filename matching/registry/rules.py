"""The life cycle of a registration, and what must be known before it is sent and approved."""

from collections.abc import Collection, Mapping
from datetime import date

from matching.kernel.clock import fiscal_year, fiscal_year_end
from matching.kernel.lifecycle import Move, Table
from matching.registry.models import ConsentPurpose
from matching.registry.models import RegistrationStatus as S

APPLY, DECIDE, WITHDRAW = "registration.edit", "registration.decide", "registration.withdraw"
LIFE_CYCLE: Table[S] = {
    **{
        (state, "submit"): (Move(S.SUBMITTED, APPLY),)
        for state in (S.DRAFT, S.RETURNED, S.REFUSED, S.WITHDRAWN, S.EXPIRED)
    },
    (S.SUBMITTED, "approve"): (Move(S.APPROVED, DECIDE),),
    (S.SUBMITTED, "return"): (Move(S.RETURNED, DECIDE),),
    (S.SUBMITTED, "refuse"): (Move(S.REFUSED, DECIDE),),
    (S.APPROVED, "expire"): (Move(S.EXPIRED, DECIDE),),
    (S.SUSPENDED, "expire"): (Move(S.EXPIRED, DECIDE),),
    (S.APPROVED, "suspend"): (Move(S.SUSPENDED, DECIDE),),
    (S.APPROVED, "revoke"): (Move(S.REVOKED, DECIDE),),
    (S.SUSPENDED, "resume"): (Move(S.APPROVED, DECIDE),),
    (S.APPROVED, "renew"): (Move(S.APPROVED, DECIDE),),
    (S.EXPIRED, "renew"): (Move(S.APPROVED, DECIDE),),
    **{
        (state, "withdraw"): (Move(S.WITHDRAWN, WITHDRAW),)
        for state in (S.APPROVED, S.SUBMITTED, S.RETURNED, S.SUSPENDED)
    },
}
# States after which a registration no longer carries matches.
ENDED = frozenset({S.EXPIRED, S.SUSPENDED, S.WITHDRAWN, S.REVOKED})
# States of somebody who is, or has been, registered.
EVER_HELD = ENDED | {S.APPROVED}
# States from which the same programme may be applied for (again).
APPLICABLE = frozenset({S.DRAFT, S.RETURNED, S.REFUSED, S.WITHDRAWN, S.EXPIRED})
ADULT = 18
YEARS_OFFERED = 3
OLDEST = 1900

# What becomes of a registration, told to its owner.
NEXT = {
    S.DRAFT: "まだ送られていません。続きを書いて送ってください。",
    S.SUBMITTED: "担当者が確かめています。結果はメールでお知らせします。",
    S.RETURNED: "担当者から連絡があります。直して、もう一度送ってください。",
    S.APPROVED: "登録されています。依頼が届いたら、お知らせします。",
    S.REFUSED: "登録できませんでした。内容を変えて、もう一度申請できます。",
    S.EXPIRED: "登録の期限が切れました。もう一度申請できます。",
    S.SUSPENDED: "休止しています。再開するときは担当者にご連絡ください。",
    S.WITHDRAWN: "辞退されました。いつでも、もう一度申請できます。",
    S.REVOKED: "市が登録を取り消しました。",
}


def is_minor(birth_year: int | None, today: date) -> bool:
    """Whether somebody born in that year may still be under 18: then a guardian agrees."""
    return birth_year is not None and today.year - birth_year <= ADULT


def ever_held(status: S, valid_until: date | None) -> bool:
    """Whether the programme is or was held: one who applies anew keeps the day it once ran to."""
    return status in EVER_HELD or valid_until is not None


def valid_until_choices(today: date, term: int | None) -> list[date]:
    """The fiscal-year ends an approval may run to; only the programme's own where it has a term."""
    year = fiscal_year(today)
    if term is not None:
        return [fiscal_year_end(year + term - 1)]
    return [fiscal_year_end(year + n) for n in range(YEARS_OFFERED)]


def missing_consents(
    required: Mapping[str, Collection[str]], given: Mapping[str, Collection[str]], *, minor: bool
) -> list[tuple[str, ConsentPurpose]]:
    """(programme, purpose) of consents that are required and not given."""
    missing = []
    for programme, purposes in required.items():
        wanted = [ConsentPurpose(purpose) for purpose in purposes]
        wanted += [ConsentPurpose.GUARDIAN] if minor else []
        missing += [(programme, p) for p in wanted if p not in given.get(programme, ())]
    return missing


# Of two registrations for one programme of somebody registered twice, the one that comes first here stays.
MERGE_ORDER = (
    S.APPROVED,
    S.SUSPENDED,
    S.REVOKED,
    S.SUBMITTED,
    S.RETURNED,
    S.EXPIRED,
    S.WITHDRAWN,
    S.REFUSED,
    S.DRAFT,
)
STOPPED = frozenset({S.SUSPENDED, S.REVOKED})


def contradict(first: S, second: S) -> bool:
    """Whether the city approved one and stopped the other: a merge must not undo what it decided."""
    return (first is S.APPROVED and second in STOPPED) or (second is S.APPROVED and first in STOPPED)


def first_stays(first: tuple[S, date | None], second: tuple[S, date | None]) -> bool:
    """Whether the first of two (status, valid until) stays in a merge: of equals the one that runs longer."""
    ranks = [(MERGE_ORDER.index(status), -(day or date.max).toordinal()) for status, day in (first, second)]
    return ranks[0] <= ranks[1]

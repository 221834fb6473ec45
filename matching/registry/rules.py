"""The life cycle of a registration, and what must be known before it is sent and approved."""

from collections.abc import Collection, Mapping
from datetime import date, time

from matching.kernel.clock import APRIL, date_text, fiscal_year, fiscal_year_end
from matching.kernel.lifecycle import Move, Table
from matching.kernel.readings import name_key
from matching.kernel.rulings import Ruling, cited
from matching.municipality.rulebook import GUARDIAN_BY_LAW, NAMES, Codes, Limit, Rule, Searchers
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
# Why a registration ends, by the verb that ends it; told to the person as it stands here.
END_REASONS: Mapping[str, Mapping[str, str]] = {
    "withdraw": {
        "busy": "時間がとれなくなった",
        "health": "体調や家庭の事情",
        "moved": "引っ越す",
        "other": "そのほか",
    },
    "suspend": {
        "asked": "ご本人からの申し出",
        "unreachable": "連絡がとれないため",
        "checking": "登録の内容を確かめているため",
        "other": "そのほかの事情",
    },
    "revoke": {
        "asked": "ご本人からの申し出",
        "unreachable": "連絡がとれないため",
        "false_statement": "申請の内容に事実と違うところがあったため",
        "conduct": "行動規範に反する行いがあったため",
        "other": "そのほかの事情",
    },
}
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


def ever_held(status: S, valid_until: date | None) -> bool:
    """Whether the programme is or was held: one who applies anew keeps the day it once ran to."""
    return status in EVER_HELD or valid_until is not None


def valid_until_choices(today: date, term: int | None) -> list[date]:
    """The fiscal-year ends an approval may run to; only the programme's own where it has a term."""
    year = fiscal_year(today)
    if term is not None:
        return [fiscal_year_end(year + term - 1)]
    return [fiscal_year_end(year + n) for n in range(YEARS_OFFERED)]


# May be given or not, as the person likes.
OPTIONAL = (ConsentPurpose.CONTACT_SHARING, ConsentPurpose.PUBLIC_LISTING)


def asked_consents(
    required: Collection[str], *, staff_only: bool, guardian: bool, optional: Collection[str] = ()
) -> list[tuple[ConsentPurpose, bool]]:
    """(purpose, required) of the consents that mean something in a programme with these rules.

    A list that only staff sees is never published; a guardian agrees only where there is one; `optional`
    are the programme's own questions.
    """
    needed = [ConsentPurpose(purpose) for purpose in required]
    needed += [ConsentPurpose.GUARDIAN] if guardian else []
    offered = [ConsentPurpose(purpose) for purpose in optional]
    offered += [p for p in OPTIONAL if not (staff_only and p is ConsentPurpose.PUBLIC_LISTING)]
    return [(p, True) for p in needed] + [(p, False) for p in offered if p not in needed]


Hours = tuple[int, time, time]  # weekday (0: Monday), from, to
PRESETS: Mapping[str, tuple[str, tuple[Hours, ...]]] = {
    "mornings": ("平日の午前（9–12時）", tuple((day, time(9), time(12)) for day in range(5))),
    "afternoons": ("平日の午後（13–16時）", tuple((day, time(13), time(16)) for day in range(5))),
    "after_school": ("平日の放課後（15–18時）", tuple((day, time(15), time(18)) for day in range(5))),
    "weekends": ("土日（9–17時）", tuple((day, time(9), time(17)) for day in (5, 6))),
}


def pauses(paused_from: date | None, paused_until: date | None, day: date) -> bool:
    """Whether somebody who rests from and until then rests on that day; no last day: until they resume."""
    return paused_from is not None and paused_from <= day and (paused_until is None or day <= paused_until)


def merged_hours(hours: Collection[Hours]) -> list[Hours]:
    """Hours of a day that touch or overlap become one; apart they stay apart. In order."""
    merged: list[Hours] = []
    for weekday, starts, ends in sorted(hours):
        if merged and merged[-1][0] == weekday and starts <= merged[-1][2]:
            merged[-1] = (weekday, merged[-1][1], max(ends, merged[-1][2]))
        else:
            merged.append((weekday, starts, ends))
    return merged


def renewal_choices(year: int, term: int | None) -> list[date]:
    """The days to which what ends with fiscal year `year` may be renewed: by the term, or 1 to 3 years."""
    if term is not None:
        return [fiscal_year_end(year + term)]
    return [fiscal_year_end(year + n) for n in range(1, YEARS_OFFERED + 1)]


def prolongs(valid_until: date | None, renewed_until: date) -> bool:
    """Whether a renewal to that day is one: an old round's link never shortens."""
    return valid_until is None or valid_until < renewed_until


def has_run_out(status: S, valid_until: date | None, today: date) -> bool:
    """Whether the last day has passed and the state does not say so yet (design §5)."""
    return (status, "expire") in LIFE_CYCLE and valid_until is not None and valid_until < today


def end_reason(status: S, reason: str) -> str:
    """Why it ended, in words; empty where none was asked."""
    verb = {S.WITHDRAWN: "withdraw", S.SUSPENDED: "suspend", S.REVOKED: "revoke"}.get(status, "")
    return END_REASONS.get(verb, {}).get(reason, "")


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


# --- the programmes' rules: each a decision, the refusal names the rule and the article ------------------


def too_young(birth_year: int | None, today: date, least: Limit | None) -> Ruling | None:
    """登録できる年齢, by the year of birth: who only may have reached it is the coordinator's to ask."""
    if least is None or (birth_year is not None and today.year - birth_year >= least.value):
        return None
    mend = f"登録は{least.value}歳からです。"
    if birth_year is None:
        mend += "「わたしのこと」で、生まれた年を入力してください。"
    else:
        mend += "生まれた年が正しければ、この区分をはずして、ほかの区分で申請してください。"
    return Ruling(NAMES["minimum_age"], least.article, "birth_year", mend)


def guardian_needed(birth_year: int | None, today: date, below: Limit | None) -> bool:
    """保護者の同意: whether somebody born in that year may still be under the rule's (or the law's) age."""
    age = (below or GUARDIAN_BY_LAW).value
    return birth_year is not None and today.year - birth_year <= age


def guardian_missing(
    birth_year: int | None, guardian: str, today: date, below: Limit | None
) -> Ruling | None:
    """Where a guardian agrees, the guardian is named."""
    if guardian or not guardian_needed(birth_year, today, below):
        return None
    rule = below or GUARDIAN_BY_LAW
    mend = f"{rule.value}歳になっていない方は、「わたしのこと」で保護者のお名前を入力してください。"
    return Ruling(NAMES["guardian_age"], rule.article, "guardian_name", mend)


def consent_refusal(purpose: ConsentPurpose, article: str, guardian: Limit | None) -> Ruling:
    """必要な同意, as `missing_consents` found it lacking; a guardian's is by its own rule or the law."""
    mend = f"「{purpose.label}」への同意が必要です。読んで、同意いただけるときは印をつけてください。"
    if purpose is ConsentPurpose.GUARDIAN:
        rule = guardian or GUARDIAN_BY_LAW
        return Ruling(NAMES["guardian_age"], rule.article, "consents", mend)
    return Ruling(NAMES["consents"], article, "consents", mend)


def own_guardian(name: str, guardian: str) -> bool:
    """Whether the guardian is the minor: the same name, however it is written."""
    return bool(guardian) and name_key(name) == name_key(guardian)


def wrong_term(valid_until: date, today: date, term: Limit | None) -> Ruling | None:
    """登録期間: an approval runs to the end of the term, neither shorter nor longer."""
    if term is None or valid_until in valid_until_choices(today, term.value):
        return None
    mend = f"登録期限は、{term.value}年度あとの年度の終わりを選んでください。"
    return Ruling(NAMES["term"], term.article, "valid_until", mend)


def renewal_opens(valid_until: date, month: Limit | None) -> date | None:
    """更新の受付: its first day, in the fiscal year in which the registration ends."""
    if month is None:
        return None
    year = fiscal_year(valid_until)
    return date(year if month.value >= APRIL else year + 1, month.value, 1)


def renewal_too_early(valid_until: date, today: date, month: Limit | None) -> Ruling | None:
    """更新の受付: nobody is asked before its first day."""
    opens = renewal_opens(valid_until, month)
    if month is None or opens is None or opens <= today:
        return None
    mend = f"更新のお知らせは、{date_text(opens)}から出せます。"
    return Ruling(NAMES["renewal_month"], month.article, "renews_until", mend)


def documents_missing(
    required: Codes | None, seen: Collection[str], names: Mapping[str, str]
) -> Ruling | None:
    """必要な書類: each is seen before the approval."""
    lacking = [names[kind] for kind in required.value if kind not in seen] if required else []
    if required is None or not lacking:
        return None
    mend = (
        f"{'、'.join(lacking)}を見て、印をつけてから承認してください。なければ差し戻して、出してもらいます。"
    )
    return Ruling(NAMES["documents"], required.article, "documents", mend)


def credentials_missing(
    required: Collection[str], article: str, held: Collection[str], names: Mapping[str, str]
) -> Ruling | None:
    """必要な資格: each is stated with its number before the approval verifies it."""
    lacking = [names[kind] for kind in required if kind not in held]
    if not lacking:
        return None
    mend = f"{'、'.join(lacking)}の番号が入力されていないため、承認できません。"
    mend += "差し戻して、番号を尋ねてください。"
    return Ruling(NAMES["credentials"], article, "credentials", mend)


def refusable(rules: Collection[Codes | None], reasons: Collection[str]) -> dict[str, str]:
    """お断りする目的: code → article of those a refusal may name; every code where a rule is not entered."""
    found: dict[str, str] = {code: "" for code in reasons if None in rules or not rules}
    for rule in rules:
        found |= {code: rule.article for code in rule.value if not found.get(code)} if rule else {}
    return {code: found[code] for code in reasons if code in found}


def refusal_words(code: str, rules: Collection[Codes | None], reasons: Mapping[str, str]) -> str:
    """The reason of a refusal with the article, as the one refused reads it."""
    return reasons[code] + cited(refusable(rules, reasons).get(code, ""))


def may_search(rule: Rule[Searchers] | None, *, requester: bool, staff: bool, staff_only: bool) -> bool:
    """登録をさがせる人; not entered: the coordinators. 女性人材リスト is staff's, whatever is entered."""
    who = Searchers.COORDINATORS if rule is None or staff_only else rule.value
    return staff or who is Searchers.ANYONE or (who is Searchers.REQUESTERS and requester)


def published(rule: Codes | None, *, consented: bool, staff_only: bool) -> tuple[str, ...]:
    """公開する項目: none without the person's consent, none of what is staff's alone."""
    return rule.value if rule is not None and consented and not staff_only else ()

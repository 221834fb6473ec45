"""The programmes' rules as the city enters them: every value with the article (要綱の条) it comes from.

One table says how a rule is called, how its value is read from programmes.toml and how it is said on a page.
A rule that is not entered is 定めなし. What a rule decides is in the rules.py of the package it belongs to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from matching.kernel.labels import Labelled

V = TypeVar("V")


@dataclass(frozen=True)
class Rule(Generic[V]):
    """A value the city has set, and the article (要綱) it comes from."""

    value: V
    article: str


Limit = Rule[int]
Codes = Rule[tuple[str, ...]]


class Searchers(Labelled):
    """Who may look through a programme's list; the coordinators always may."""

    COORDINATORS = "coordinators", "市の担当者だけ"
    REQUESTERS = "requesters", "サインインした依頼団体の方"
    ANYONE = "anyone", "どなたでも"


# 未成年者の法律行為には法定代理人の同意を要する: the law, where a programme's rule says nothing else.
GUARDIAN_BY_LAW = Limit(18, "民法第5条")
# What of an entry may be published at all; the name and the contacts are not among it.
PUBLISHABLE = {
    "public_name": "公開名",
    "title": "専門分野",
    "description": "指導内容",
    "audiences": "対象",
    "formats": "形式",
    "fee": "謝礼",
    "ward": "区",
}
# What a programme may ask of an offering beyond title, text, audiences, formats and fee (domain.md §2b).
DETAILS = {
    "level": "程度",
    "capacity": "一度に受け入れられる人数",
    "minutes": "1回の時間（分）",
    "equipment": "必要な設備・道具",
    "disaster": "どの災害の話か",
    "record_title": "記録の名前",
    "record_place": "記録の場所",
    "record_year": "記録の年",
}
# Rules that are plain values of a programme; their articles stand in its table `articles`.
PLAIN = {
    "requesters": "依頼できる団体",
    "staff_only": "名簿を見る人",
    "credentials": "必要な資格",
    "consents": "必要な同意",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The municipality's codes that rules speak of, and the word for each."""

    documents: Mapping[str, str]
    purposes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleKind:
    """One kind of rule. `read` raises ValueError with what is expected; `say` is for the page."""

    key: str
    name: str
    read: Callable[[Any, Words], Any]
    say: Callable[[Any, Words], str]


def _number(least: int, most: int) -> Callable[[Any, Words], int]:
    def read(value: Any, _words: Words) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"value は{least}から{most}までの整数で書いてください")
        return value

    return read


def _codes(known: Callable[[Words], Mapping[str, str]]) -> Callable[[Any, Words], tuple[str, ...]]:
    def read(value: Any, words: Words) -> tuple[str, ...]:
        codes = known(words)
        if not isinstance(value, list) or not value:
            raise ValueError("value は1つ以上の符号の並びで書いてください")
        if unknown := [code for code in value if code not in codes]:
            raise ValueError(
                f"value に知らない符号があります: {unknown[0]}（使えるもの: {'、'.join(codes)}）"
            )
        return tuple(dict.fromkeys(value))

    return read


def _searchers(value: Any, _words: Words) -> Searchers:
    if value not in set(Searchers):
        raise ValueError(f"value は {'、'.join(Searchers)} のどれかで書いてください")
    return Searchers(value)


def _saying(pattern: str) -> Callable[[Any, Words], str]:
    return lambda value, _words: pattern.format(value)


def _listing(known: Callable[[Words], Mapping[str, str]]) -> Callable[[Any, Words], str]:
    return lambda value, words: "、".join(known(words)[code] for code in value)


def _documents(words: Words) -> Mapping[str, str]:
    return words.documents


def _purposes(words: Words) -> Mapping[str, str]:
    return words.purposes


def _fields(_words: Words) -> Mapping[str, str]:
    return PUBLISHABLE


RULES = (
    RuleKind("term", "登録期間", _number(1, 10), _saying("{}年度（最後の年度の3月31日まで）")),
    RuleKind("renewal_month", "更新の受付", _number(1, 12), _saying("登録期間が終わる年度の{}月から")),
    RuleKind("minimum_age", "登録できる年齢", _number(1, 100), _saying("{}歳から")),
    RuleKind("guardian_age", "保護者の同意", _number(1, 30), _saying("{}歳になっていない方は必要です")),
    RuleKind("documents", "必要な書類", _codes(_documents), _listing(_documents)),
    RuleKind("published_fields", "公開する項目", _codes(_fields), _listing(_fields)),
    RuleKind("searchers", "登録をさがせる人", _searchers, lambda value, _words: value.label),
    RuleKind("refused_purposes", "お断りする目的", _codes(_purposes), _listing(_purposes)),
    RuleKind("yearly_limit", "1団体の回数", _number(1, 1000), _saying("1年度に{}回まで")),
    RuleKind("lead_days", "申込みの期日", _number(1, 365), _saying("活動する日の{}日前まで")),
    RuleKind("minimum_group", "参加する人数", _number(1, 1000), _saying("{}人以上")),
    RuleKind("monthly_limit", "1人の1か月の活動", _number(1, 100), _saying("{}回まで")),
    RuleKind("seat_limit", "同時に就ける委員の数", _number(1, 100), _saying("{}まで")),
)
NAMES = {kind.key: kind.name for kind in RULES} | PLAIN


def read_rules(entered: Mapping[str, Any], words: Words) -> dict[str, Rule[Any]]:
    """The rules of one programme's table. ValueError names the one that is wrong and what is expected."""
    rules: dict[str, Rule[Any]] = {}
    for kind in RULES:
        if kind.key not in entered:
            continue
        found = entered[kind.key]
        try:
            if not isinstance(found, dict) or set(found) != {"value", "article"}:
                raise ValueError('{ value = …, article = "…" } の形で書いてください')
            if not isinstance(found["article"], str) or not found["article"].strip():
                raise ValueError("article に、もとになる条を書いてください")
            rules[kind.key] = Rule(kind.read(found["value"], words), found["article"].strip())
        except ValueError as error:
            raise ValueError(f"{kind.key}（{kind.name}）: {error}") from None
    return rules

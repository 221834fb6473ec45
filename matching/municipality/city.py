"""The municipality's files as values. Another programme or another city is another folder, no code."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, cast

from flask import current_app

from matching.engine.ranking import Weights
from matching.municipality import learning
from matching.municipality.learning import CourseKind, CredentialKind
from matching.municipality.rulebook import (
    DETAILS,
    PLAIN,
    Codes,
    Limit,
    Rule,
    RuleKind,
    Searchers,
    Words,
    read_rules,
)
from matching.municipality.survey import SurveyQuestion, survey_questions

FILES = (
    *("city", "organisations", "programmes", "plan", "ranking", "credentials", "consents"),
    "request_templates",
)
# What not every request has to say, in the order of the form.
ASKABLE = (
    *("must_have", "nice_to_have", "audience", "participants", "format", "school_district", "place"),
    *("deadline", "emergency_contact", "fee", "insurance", "travel_cost", "material_cost", "parking"),
    *("equipment", "special_needs", "credentials_required", "programmes"),
)
KUMAMOTO = Path(__file__).parent / "kumamoto"


@dataclass(frozen=True, slots=True)
class Programme:
    """One 登録区分 and its rules; see programmes.toml for what each one means."""

    key: str
    name: str
    measure: int
    about: str
    requesters: tuple[str, ...]
    consents: tuple[str, ...]
    credentials: tuple[str, ...]

    term: Limit | None = None  # in fiscal years; none: decided at approval
    staff_only: bool = False
    seats: bool = False
    turned_round: bool = False
    by_district: bool = False  # its activities are looked at by school district
    monthly_limit: Limit | None = None
    seat_limit: Limit | None = None
    renewal_month: Limit | None = None
    minimum_age: Limit | None = None
    guardian_age: Limit | None = None
    documents: Codes | None = None
    published_fields: Codes | None = None
    searchers: Rule[Searchers] | None = None
    refused_purposes: Codes | None = None
    yearly_limit: Limit | None = None  # of one organisation
    lead_days: Limit | None = None
    minimum_group: Limit | None = None
    articles: Mapping[str, str] = field(default_factory=dict)  # of the rules that are plain values
    offers: str = "できること"  # what its people give, as its own pages call it
    hint: str = ""  # what to write, for who registers
    asks: tuple[str, ...] = ()  # keys of DETAILS
    may_consent: tuple[str, ...] = ()  # consents offered beside the required ones

    def rule(self, kind: RuleKind) -> Rule[Any] | None:
        """The rule as entered; None: 定めなし."""
        return cast("Rule[Any] | None", getattr(self, kind.key))

    def article(self, plain: str) -> str:
        """The article of a rule that is a plain value; empty until entered."""
        return self.articles.get(plain, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTemplate:
    """依頼のひな形: the words and dates one kind of request begins with; see request_templates.toml."""

    key: str
    name: str
    programmes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # of organisations; empty: all
    title: str = ""
    description: str = ""
    audience: str = ""
    asks: tuple[str, ...] = ()  # of ASKABLE: shown at once, the others below
    series: bool = False
    seat: bool = False


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What somebody agrees to: one version of the text for one purpose; see consents.toml."""

    purpose: str
    version: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class OrganisationKind:
    """One 団体区分; `files` are further spellings accepted in spreadsheets."""

    key: str
    name: str
    files: tuple[str, ...]
    default_programmes: tuple[str, ...]
    across_wards: bool = False  # its school districts may lie in other wards
    told_of_leaders: bool = False  # may see the 地域防災リーダー of its school districts


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the four 取組 of 基本施策2."""

    number: int
    name: str

    @property
    def mark(self) -> str:
        return "①②③④⑤⑥⑦⑧⑨"[self.number - 1]


@dataclass(frozen=True, slots=True)
class ChildSafety:
    """From which day the operator's check is needed, and by which law."""

    in_force: date
    most_years: int  # a check lasts at the longest to the fiscal year's end after so many years
    law: str


@dataclass(frozen=True, slots=True)
class Municipality:
    """Everything that differs between cities."""

    name: str
    wards: Mapping[str, tuple[str, ...]]  # ward → its school districts
    programmes: Mapping[str, Programme]
    organisation_kinds: Mapping[str, OrganisationKind]
    measures: Mapping[int, Measure]
    refusal_reasons: Mapping[str, str]
    credentials: Mapping[str, CredentialKind]
    course_kinds: Mapping[str, CourseKind]
    document_kinds: Mapping[str, str]
    consent_texts: tuple[ConsentText, ...]  # of each purpose the last is the one asked for now
    signals: Weights  # of the ranking; see ranking.toml
    child_safety: ChildSafety
    request_templates: Mapping[str, RequestTemplate]
    disasters: Mapping[str, str]  # key → name; 熊本地震 alone is ambiguous
    effects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # individual, community
    first_fiscal_year: int = 0
    last_fiscal_year: int = 0
    plan_name: str = ""
    pillars: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # pillar → the effects under it
    survey: Mapping[str, SurveyQuestion] = field(default_factory=dict)
    reviewed: Mapping[str, float] = field(
        default_factory=dict
    )  # of 令和3年度: grade → per cent of initiatives
    reviewed_year: int = 0
    code: str = ""  # 全国地方公共団体コード, six digits
    prefecture: str = ""
    ward_codes: Mapping[str, str] = field(default_factory=dict)
    retention: Limit | None = None  # years after which an ended registration is proposed for erasure

    def consent_text(self, purpose: str) -> ConsentText:
        """The text that is asked for now."""
        return next(text for text in reversed(self.consent_texts) if text.purpose == purpose)

    def consent_given(self, purpose: str, version: str) -> ConsentText | None:
        """The text as it was given; None where that version is not kept."""
        kept = (text for text in self.consent_texts if (text.purpose, text.version) == (purpose, version))
        return next(kept, None)

    def turned_round(self, programmes: Iterable[str]) -> bool:
        """Whether people apply for what these programmes hold, instead of being asked (活動の場)."""
        return any(self.programmes[key].turned_round for key in programmes)

    @property
    def stages(self) -> list[str]:
        """The programmes that are turned round."""
        return [programme.key for programme in self.programmes.values() if programme.turned_round]

    @property
    def by_district(self) -> list[str]:
        """The programmes whose activities are looked at by school district."""
        return [programme.key for programme in self.programmes.values() if programme.by_district]

    @property
    def askers(self) -> dict[str, list[str]]:
        """Key of DETAILS → the programmes that ask it, of those that are asked at all."""
        found = {name: [p.key for p in self.programmes.values() if name in p.asks] for name in DETAILS}
        return {name: keys for name, keys in found.items() if keys}

    @property
    def halfway_year(self) -> int:
        """The fiscal year after which half of the plan has passed (中間見直し)."""
        return (self.first_fiscal_year + self.last_fiscal_year) // 2

    @property
    def words(self) -> Words:
        """The codes that rules speak of."""
        return Words(self.document_kinds, self.refusal_reasons)

    @property
    def districts(self) -> dict[str, str]:
        """School district → its ward."""
        return {district: ward for ward, districts in self.wards.items() for district in districts}

    @property
    def credential_kinds(self) -> dict[str, str]:
        """Key → name of every kind of credential."""
        return {kind.key: kind.name for kind in self.credentials.values()}

    def covered(self, credential: str) -> list[str]:
        """The kind itself and every lower one it implies."""
        return learning.covered(self.credentials, credential)

    @property
    def district_choices(self) -> dict[str, dict[str, str]]:
        """What a form offers: the districts grouped by ward."""
        return {ward: {d: d for d in districts} for ward, districts in self.wards.items()}

    def programme_named(self, name: str) -> Programme | None:
        return next((p for p in self.programmes.values() if name in (p.name, p.key)), None)

    def kind_named(self, name: str) -> OrganisationKind | None:
        kinds = self.organisation_kinds.values()
        return next((k for k in kinds if name in (k.name, k.key, *k.files)), None)


def load(folder: Path) -> Municipality:
    """Read the files of a municipality. KeyError, TypeError, ValueError where one is not right."""
    city, kinds, programmes, plan, ranking, proofs, consents, begun = (
        tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in FILES
    )
    credentials = learning.credential_kinds(proofs["credential"])
    keys = [p["key"] for p in programmes["programme"]]
    defaults = kinds["default_programmes"]
    purposes = {c["purpose"] for c in consents["consent"]}
    for p in programmes["programme"]:
        if unknown := {*p["consents"], *p.get("may_consent", ())} - purposes:
            raise ValueError(f"programmes.toml: {p['key']}: 同意 {min(unknown)} の文がありません")
    words = Words(programmes["document_kinds"], programmes["refusal_reasons"])
    return Municipality(
        name=city["name"],
        code=city["code"],
        prefecture=city["prefecture"],
        ward_codes={w["name"]: w["code"] for w in city["ward"]},
        wards={w["name"]: tuple(w["school_districts"]) for w in city["ward"]},
        programmes={p["key"]: _programme(p, words) for p in programmes["programme"]},
        organisation_kinds={
            k["key"]: OrganisationKind(
                k["key"],
                k["name"],
                tuple(k.get("files", ())),
                tuple(defaults[k["default"]]),
                k.get("across_wards", False),
                k.get("told_of_leaders", False),
            )
            for k in kinds["kind"]
        },
        measures={m["number"]: Measure(m["number"], m["name"]) for m in plan["measure"]},
        refusal_reasons=programmes["refusal_reasons"],
        document_kinds=words.documents,
        credentials=credentials,
        course_kinds=learning.course_kinds(proofs["course_kind"], credentials, keys),
        consent_texts=tuple(
            ConsentText(c["purpose"], c["version"], c["label"], c["text"].strip())
            for c in consents["consent"]
        ),
        signals=Weights(**ranking["signals"]),
        child_safety=ChildSafety(**city["child_safety"]),
        request_templates={t["key"]: _template(t, keys, kinds["kind"]) for t in begun["template"]},
        disasters=city["disasters"],
        effects={group: tuple(names) for group, names in plan["effects"].items()},
        plan_name=plan["plan"]["name"],
        pillars={pillar: tuple(names) for pillar, names in plan["pillar_effects"].items()},
        survey=survey_questions(plan["survey"]),
        reviewed={grade: plan["grades"]["reviewed"].get(grade, 0.0) for grade in "ABCD"},
        reviewed_year=plan["grades"]["reviewed"]["fiscal_year"],
        first_fiscal_year=plan["plan"]["first_fiscal_year"],
        last_fiscal_year=plan["plan"]["last_fiscal_year"],
        retention=Limit(**city["retention"]) if "retention" in city else None,
    )


def municipality() -> Municipality:
    """The running installation's municipality."""
    return cast(Municipality, current_app.extensions["municipality"])


def signature() -> str:
    """How every mail of this installation ends."""
    return f"\n\nまなびの環（{municipality().name} 生涯学習）\n"


def _template(data: dict[str, Any], programmes: list[str], kinds: list[dict[str, Any]]) -> RequestTemplate:
    where = f"request_templates.toml: {data['key']}"
    known = {"programmes": programmes, "kinds": [kind["key"] for kind in kinds], "asks": ASKABLE}
    for name, keys in known.items():
        if unknown := set(data.get(name, ())) - set(keys):
            raise ValueError(f"{where}: {name} の {min(unknown)} は知らない符号です")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return RequestTemplate(**values)


def _programme(data: dict[str, Any], words: Words) -> Programme:
    where = f"programmes.toml: {data['key']}"
    try:
        rules = read_rules(data, words)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    if unknown := set(data) - {f.name for f in fields(Programme)}:
        raise ValueError(f"{where}: {min(unknown)} という決まりはありません")
    if unknown := set(data.get("articles", {})) - set(PLAIN):
        raise ValueError(
            f"{where}: articles に {min(unknown)} は書けません（使えるもの: {'、'.join(PLAIN)}）"
        )
    if data.get("staff_only") and ("published_fields" in rules or "searchers" in rules):
        raise ValueError(
            f"{where}: staff_only の区分は公開できません（published_fields と searchers を消してください）"
        )
    if unknown := set(data.get("asks", ())) - set(DETAILS):
        raise ValueError(f"{where}: asks に {min(unknown)} は書けません（使えるもの: {'、'.join(DETAILS)}）")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return Programme(**values | rules)

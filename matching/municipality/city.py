"""The municipality's files as values. Another programme or another city is another folder, no code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from flask import current_app

from matching.engine.ranking import Weights

KUMAMOTO = Path(__file__).parent / "kumamoto"


@dataclass(frozen=True, slots=True)
class Limit:
    """A number the city has set, and the article (要綱) it comes from."""

    value: int
    article: str


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
    monthly_limit: Limit | None = None
    seat_limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class OrganisationKind:
    """One 団体区分; `files` are further spellings accepted in spreadsheets."""

    key: str
    name: str
    files: tuple[str, ...]
    default_programmes: tuple[str, ...]
    across_wards: bool = False  # its school districts may lie in other wards


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the four 取組 of 基本施策2."""

    number: int
    name: str

    @property
    def mark(self) -> str:
        return "①②③④⑤⑥⑦⑧⑨"[self.number - 1]


@dataclass(frozen=True, slots=True)
class Municipality:
    """Everything that differs between cities."""

    name: str
    wards: Mapping[str, tuple[str, ...]]  # ward → its school districts
    programmes: Mapping[str, Programme]
    organisation_kinds: Mapping[str, OrganisationKind]
    measures: Mapping[int, Measure]
    refusal_reasons: Mapping[str, str]
    credential_kinds: Mapping[str, str]
    consent_version: str
    signals: Weights  # of the ranking; see ranking.toml
    effects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # individual, community
    first_fiscal_year: int = 0
    last_fiscal_year: int = 0

    @property
    def districts(self) -> dict[str, str]:
        """School district → its ward."""
        return {district: ward for ward, districts in self.wards.items() for district in districts}

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
    city, kinds, programmes, plan, ranking = (
        tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("city", "organisations", "programmes", "plan", "ranking")
    )
    defaults = kinds["default_programmes"]
    return Municipality(
        name=city["name"],
        wards={w["name"]: tuple(w["school_districts"]) for w in city["ward"]},
        programmes={p["key"]: _programme(p) for p in programmes["programme"]},
        organisation_kinds={
            k["key"]: OrganisationKind(
                k["key"],
                k["name"],
                tuple(k.get("files", ())),
                tuple(defaults[k["default"]]),
                k.get("across_wards", False),
            )
            for k in kinds["kind"]
        },
        measures={m["number"]: Measure(m["number"], m["name"]) for m in plan["measure"]},
        refusal_reasons=programmes["refusal_reasons"],
        credential_kinds=programmes["credential_kinds"],
        consent_version=programmes["consent_version"]["version"],
        signals=Weights(**ranking["signals"]),
        effects={group: tuple(names) for group, names in plan["effects"].items()},
        first_fiscal_year=plan["plan"]["first_fiscal_year"],
        last_fiscal_year=plan["plan"]["last_fiscal_year"],
    )


def municipality() -> Municipality:
    """The running installation's municipality."""
    return cast(Municipality, current_app.extensions["municipality"])


def signature() -> str:
    """How every mail of this installation ends."""
    return f"\n\nまなびの環（{municipality().name} 生涯学習）\n"


def _programme(data: dict[str, Any]) -> Programme:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    for name in ("term", "monthly_limit", "seat_limit"):
        if name in values:
            values[name] = Limit(**values[name])
    return Programme(**values)

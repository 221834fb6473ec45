"""/programmes: what each programme is, its rules with the article each comes from, and its published list."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask_login import current_user

from matching.kernel.access import public
from matching.kernel.errors import NotFound
from matching.kernel.permissions import Role
from matching.municipality.city import Municipality, Programme, municipality
from matching.municipality.rulebook import GUARDIAN_BY_LAW, PLAIN, RULES, Searchers
from matching.registry import listing, rules
from matching.registry.models import ConsentPurpose

blueprint = Blueprint("programmes", __name__, url_prefix="/programmes")
# What holds where the city has said nothing, if it is not simply everything.
USUAL = {
    "searchers": f"定めなし（{Searchers.COORDINATORS.label}）",
    "published_fields": "定めなし（公開しません）",
}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as the page says it. No words: 定めなし."""

    name: str
    words: str = ""
    article: str = ""


@blueprint.get("")
@public
def index() -> str:
    city = municipality()
    groups = {
        measure: [p for p in city.programmes.values() if p.measure == measure.number]
        for measure in city.measures.values()
    }
    return render_template("registry/programmes.html", groups=groups)


@blueprint.get("/<key>")
@public
def show(key: str) -> str:
    city = municipality()
    if key not in city.programmes:
        raise NotFound("ページが見つかりません。")
    programme = city.programmes[key]
    roles = set(current_user.roles) if current_user.is_authenticated else set()
    searching = rules.may_search(
        programme.searchers,
        requester=Role.REQUESTER in roles,
        staff=Role.COORDINATOR in roles,
        staff_only=programme.staff_only,
    )
    return render_template(
        "registry/programme.html",
        programme=programme,
        measure_of=city.measures[programme.measure],
        rows=rule_rows(programme, city),
        entries=listing.published(programme) if searching else [],
    )


def rule_rows(programme: Programme, city: Municipality) -> list[RuleRow]:
    """Every kind of rule, entered or not, in the order in which people ask."""
    plain = {
        "requesters": "、".join(city.organisation_kinds[kind].name for kind in programme.requesters)
        or "どの団体でも",
        "staff_only": "公開の同意があっても、市の職員だけ" if programme.staff_only else "",
        "credentials": "、".join(city.credential_kinds[kind] for kind in programme.credentials),
        "consents": "、".join(ConsentPurpose(purpose).label for purpose in programme.consents),
    }
    rows = [RuleRow(PLAIN[key], words, programme.article(key)) for key, words in plain.items()]
    return rows + [_row(programme, kind, city) for kind in RULES]


def _row(programme: Programme, kind: Any, city: Municipality) -> RuleRow:
    rule = programme.rule(kind)
    if rule is None and kind.key == "guardian_age":
        rule = GUARDIAN_BY_LAW
    if rule is None:
        return RuleRow(kind.name, USUAL.get(kind.key, ""))
    return RuleRow(kind.name, kind.say(rule.value, city.words), rule.article)

"""The shape of what is typed about targets and reviews: one field for each line of the plan."""

from collections.abc import Mapping

from wtforms import HiddenField

from matching.indicators.services.targets import MOST
from matching.kernel import forms
from matching.municipality.city import Municipality

Scope = tuple[int, str]  # a measure, and one of its programmes or ""


def scopes(city: Municipality) -> dict[str, Scope]:
    """Every line that may have a target: a measure's number or a programme's key → measure and programme."""
    found: dict[str, Scope] = {}
    for number in city.measures:
        found[str(number)] = (number, "")
        found |= {p.key: (number, p.key) for p in city.programmes.values() if p.measure == number}
    return found


class TargetsForm(forms.Form):
    """`target_<scope>` as typed and `was_<scope>` as the page showed it."""

    def wanted(self, scope: str) -> int | None:
        value: int | None = self[f"target_{scope}"].data
        return value

    def was(self, scope: str) -> int | None:
        shown = self[f"was_{scope}"].data or ""
        return int(shown) if shown.isdecimal() and len(shown) <= len(str(MOST)) else None

    def show(self, targets: Mapping[str, int]) -> None:
        """The numbers that stand, and that they were seen."""
        for scope, number in targets.items():
            self[f"target_{scope}"].data = number
        self.saw(targets)

    def saw(self, targets: Mapping[str, int]) -> None:
        for name in self._fields:
            if name.startswith("was_"):
                self[name].data = str(targets.get(name.removeprefix("was_"), ""))


def targets_form(city: Municipality) -> TargetsForm:
    """The form with a field for each line of this city."""
    fields: dict[str, object] = {}
    for scope, (measure, programme) in scopes(city).items():
        name = city.programmes[programme].name if programme else city.measures[measure].name
        fields[f"target_{scope}"] = forms.number(name, required=False, least=1, most=MOST)
        fields[f"was_{scope}"] = HiddenField()
    form: TargetsForm = type("LinesForm", (TargetsForm,), fields)()
    return form


class CausesForm(forms.Form):
    """`cause_<measure>`: one paragraph each."""

    version = HiddenField()

    def texts(self, city: Municipality) -> dict[int, str]:
        return {number: self[f"cause_{number}"].data or "" for number in city.measures}

    def show(self, texts: Mapping[int, str], version: int) -> None:
        for number, text in texts.items():
            self[f"cause_{number}"].data = text
        self.version.data = str(version)


def causes_form(city: Municipality) -> CausesForm:
    """The form with a field for each measure of this city."""
    fields = {
        f"cause_{m.number}": forms.text_area(f"{m.mark} {m.name}", required=False)
        for m in city.measures.values()
    }
    form: CausesForm = type("ParagraphsForm", (CausesForm,), fields)()
    return form

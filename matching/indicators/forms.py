"""The shape of what is typed about targets and reviews: one field for each line of the plan."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from wtforms import HiddenField

from matching.indicators.models import HalfwayReview
from matching.indicators.services.targets import MOST
from matching.kernel import forms
from matching.kernel.clock import fiscal_year_name
from matching.kernel.readings import read_percent
from matching.municipality.city import Municipality

Scope = tuple[int, str]  # a measure, and one of its programmes or ""


def scopes(city: Municipality) -> dict[str, Scope]:
    """Every line that may have a target: a measure's number or a programme's key → measure and programme."""
    found: dict[str, Scope] = {}
    for number in city.measures:
        found[str(number)] = (number, "")
        found |= {p.key: (number, p.key) for p in city.programmes.values() if p.measure == number}
    return found


class LinesForm(forms.Form):
    """For each line of the plan a field (`typed` and the line), and `was_<line>` as the page showed it."""

    typed: ClassVar[str]

    def show(self, standing: Mapping[str, int | Decimal]) -> None:
        """What stands, and that it was seen."""
        for line, value in standing.items():
            self[f"{self.typed}{line}"].data = value
        self.saw(standing)

    def saw(self, standing: Mapping[str, int | Decimal]) -> None:
        """What stands by now was seen; what was typed stays."""
        for name in self._fields:
            if name.startswith("was_"):
                self[name].data = str(standing.get(name.removeprefix("was_"), ""))


class TargetsForm(LinesForm):
    """Completed matches, by scope."""

    typed = "target_"

    def wanted(self, scope: str) -> int | None:
        value: int | None = self[f"target_{scope}"].data
        return value

    def was(self, scope: str) -> int | None:
        shown = self[f"was_{scope}"].data or ""
        return int(shown) if shown.isdecimal() and len(shown) <= len(str(MOST)) else None


def targets_form(city: Municipality) -> TargetsForm:
    """The form with a field for each line of this city."""
    fields: dict[str, object] = {}
    for scope, (measure, programme) in scopes(city).items():
        name = city.programmes[programme].name if programme else city.measures[measure].name
        fields[f"target_{scope}"] = forms.number(name, required=False, least=1, most=MOST)
        fields[f"was_{scope}"] = HiddenField()
    form: TargetsForm = type("ScopesForm", (TargetsForm,), fields)()
    return form


class SurveyForm(LinesForm):
    """Per cent, by question."""

    typed = "value_"

    def wanted(self, question: str) -> Decimal | None:
        typed = self[f"value_{question}"].data
        return read_percent(typed) if typed else None

    def was(self, question: str) -> Decimal | None:
        try:
            return read_percent(self[f"was_{question}"].data or "")
        except ValueError:
            return None


def survey_form(city: Municipality) -> SurveyForm:
    """The form with a field for each question of this city."""
    fields: dict[str, object] = {}
    for q in city.survey.values():
        base = f"基準値は{fiscal_year_name(q.base[0])}の{q.base[1]}％です。" if q.base else ""
        fields[f"value_{q.key}"] = forms.text(
            f"{q.label} {q.name}（％）",
            required=False,
            most=10,
            help=f"{base}まだ分からないときは、空欄にします。",
            reader=read_percent,
            inputmode="decimal",
        )
        fields[f"was_{q.key}"] = HiddenField()
    form: SurveyForm = type("QuestionsForm", (SurveyForm,), fields)()
    return form


class HalfwayForm(forms.Form):
    """The text of the half-way review, and the version the page showed."""

    version = HiddenField()
    text = forms.text_area(
        "中間見直しの文",
        required=False,
        most=4000,
        help="四つの取組と検証指標のこれまで、続けること、後半で変えることを書きます。空欄で保存すると、載せません。",
    )

    def show(self, review: HalfwayReview | None) -> None:
        """The text that stands."""
        self.text.data = review.text if review else ""
        self.saw(review)

    def saw(self, review: HalfwayReview | None) -> None:
        self.version.data = str(review.version if review else 1)


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

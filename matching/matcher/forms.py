"""The shape of what is typed about candidates, and ticked on the plan's page."""

import re
from dataclasses import dataclass

from wtforms import Field, SelectMultipleField
from wtforms.validators import InputRequired, ValidationError

from matching.kernel import forms
from matching.kernel.codes import ALPHABET, LENGTH

CODE = rf"[{ALPHABET}]{{{LENGTH}}}"
PROPOSAL = re.compile(rf"({CODE}):({CODE}):((?:{CODE}(?:,{CODE})*)?)")
MOST = 300  # approvals of one click


@dataclass(frozen=True, slots=True)
class Ticked:
    """One proposal of the plan, as codes. No sessions: all of the request's."""

    support_request: str
    registrant: str
    sessions: frozenset[str]


class PlanForm(forms.Form):
    """選んだものを打診する."""

    chosen = SelectMultipleField(
        "打診する組み合わせ",
        [InputRequired("打診する組み合わせを、1つ以上選んでください。")],
        validate_choice=False,
    )

    def validate_chosen(self, field: Field) -> None:
        if len(field.data) > MOST:
            raise ValidationError(f"一度に打診できるのは{MOST}組までです。いくつか外してください。")
        if not all(PROPOSAL.fullmatch(value) for value in field.data):
            raise ValidationError("選んだ組み合わせを読み取れません。下の案から選びなおしてください。")

    @property
    def ticked(self) -> list[Ticked]:
        found = [PROPOSAL.fullmatch(value) for value in dict.fromkeys(self.chosen.data)]
        return [
            Ticked(match[1], match[2], frozenset(match[3].split(",") if match[3] else ()))
            for match in found
            if match
        ]


class WhoForm(forms.Form):
    """この人は？ A name, a reading or a public code."""

    who = forms.text(
        "お名前",
        help="氏名、ふりがな、公開番号のどれでも探せます。一部だけでもかまいません。",
        autocomplete="off",
    )

    def validate_who(self, field: Field) -> None:
        if not field.data:  # blanks only
            raise ValidationError("お名前を入力してください。")

"""The shape of input: one base form, fields with Japanese messages, text kept clean.

Forms say what a value looks like; whether the domain wants it is for services to decide.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import request
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from matching.kernel.errors import Invalid
from matching.kernel.readings import in_time
from matching.kernel.text import CONTROLS, LINE_CONTROLS, REFUSED, clean

Choices = Mapping[str, str]  # value → label
EMPTY: Choices = {}


class Form(FlaskForm):
    """The base of every form."""

    class Meta(FlaskForm.Meta):
        locales = ("ja",)

    def refuse(self, error: Invalid) -> None:
        """Show a service's verdict beside the field it belongs to."""
        field = self._fields.get(error.field) or next(iter(self._fields.values()))
        field.errors = [*field.errors, error.sentence]


VERSION = re.compile(r"[0-9]{1,9}")


def answered() -> bool:
    """Which of the two buttons was pressed, はい or いいえ; Invalid where neither was."""
    given = request.form.get("answer")
    if given not in ("yes", "no"):
        raise Invalid("answer", "お返事のボタンを、どちらか押してください。")
    return given == "yes"


def version_of(form: Any) -> int:
    """The version the page was made from; 0, which no row has and is always stale, where it is not one."""
    typed = form.version.data or ""
    return int(typed) if VERSION.fullmatch(typed) else 0


def _no_controls(pattern: re.Pattern[str]) -> Any:
    def check(_form: Any, field: Field) -> None:
        if field.data and pattern.search(field.data):
            raise ValidationError(f"{REFUSED}。その文字を消してください。")

    return check


def _presence(required: bool, verb: str, label: str) -> list[Any]:
    return [InputRequired(f"{label}を{verb}してください。")] if required else [Optional()]


def _readable(reader: Callable[[str], Any] | None) -> list[Any]:
    def check(_form: Any, field: Field) -> None:
        try:
            cast(Callable[[str], Any], reader)(field.data)
        except ValueError as error:
            raise ValidationError(f"{error}。") from None

    return [check] if reader else []


def text(
    label: str,
    *,
    required: bool = True,
    most: int = 100,
    help: str = "",
    reader: Callable[[str], Any] | None = None,
    **render: Any,
) -> StringField:
    """One line of text, which `reader` (see readings.py) must understand."""
    return StringField(
        label,
        [
            *_presence(required, "入力", label),
            Length(max=most, message=f"{most}文字以内で入力してください。"),
            _no_controls(LINE_CONTROLS),
            *_readable(reader),
        ],
        filters=[clean],
        description=help,
        render_kw={"maxlength": most, **render},
    )


def text_area(label: str, *, required: bool = True, most: int = 2000, help: str = "") -> TextAreaField:
    """Several lines of text."""
    return TextAreaField(
        label,
        [
            *_presence(required, "入力", label),
            Length(max=most, message=f"{most}文字以内で入力してください。"),
            _no_controls(CONTROLS),
        ],
        filters=[clean],
        description=help,
        render_kw={"rows": 5},
    )


def email(label: str = "メールアドレス", *, required: bool = True, help: str = "") -> EmailField:
    return EmailField(
        label,
        [
            *_presence(required, "入力", label),
            Email("メールアドレスの形で入力してください（例 hanako@example.jp）。"),
            Length(max=254),
        ],
        filters=[clean],
        description=help,
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254},
    )


def password(label: str = "パスワード", *, new: bool = False, help: str = "") -> PasswordField:
    checks: list[Any] = [InputRequired(f"{label}を入力してください。")]
    if new:
        checks.append(Length(min=10, max=200, message="10文字以上200文字以内で決めてください。"))
    complete = "new-password" if new else "current-password"
    return PasswordField(label, checks, description=help, render_kw={"autocomplete": complete})


def number(
    label: str, *, required: bool = True, least: int = 0, most: int = 100_000, help: str = ""
) -> IntegerField:
    """A whole number between two bounds."""
    return IntegerField(
        label,
        [
            *_presence(required, "入力", label),
            NumberRange(least, most, f"{least}から{most}までの数字を入力してください。"),
        ],
        filters=[],
        description=help,
        render_kw={"inputmode": "numeric"},
    )


class DayField(DateField):
    """A date of a year that somebody can mean."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        try:
            self.data = self.data and in_time(self.data)
        except ValueError as error:
            self.data = None
            raise ValueError(f"{error}。") from None


def day(label: str, *, required: bool = True, help: str = "") -> DayField:
    return DayField(label, _presence(required, "選択", label), description=help)


def boolean(label: str, *, help: str = "") -> BooleanField:
    """One box to tick."""
    return BooleanField(label, description=help)


def choice(label: str, choices: Choices = EMPTY, *, required: bool = True, help: str = "") -> SelectField:
    """One of a list, as a drop-down; the first line asks to choose."""
    return SelectField(
        label,
        _presence(required, "選択", label),
        choices={"": "選んでください", **choices},
        filters=[clean],
        description=help,
        validate_choice=True,
    )


def radio(label: str, choices: Choices, *, required: bool = True, help: str = "") -> RadioField:
    """One of a few, all in sight."""
    return RadioField(
        label,
        _presence(required, "選択", label),
        choices=dict(choices),
        description=help,
        validate_choice=required,
    )


def several(
    label: str, choices: Choices = EMPTY, *, required: bool = False, help: str = ""
) -> SelectMultipleField:
    """Any number of a list, as boxes to tick."""
    return SelectMultipleField(
        label,
        [InputRequired(f"{label}を1つ以上選択してください。")] if required else [],
        choices=dict(choices),
        description=help,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

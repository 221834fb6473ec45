"""What stands beside what was typed, where somebody else was first."""

from itertools import chain
from typing import Any

from wtforms import Field, FieldList, FormField, HiddenField
from wtforms.fields.choices import SelectFieldBase

from matching.kernel.forms import Form


def differences(typed: Form, stands: Form) -> list[tuple[str, str]]:
    """(label, what stands) of every field in which two forms of one kind differ."""
    ours, theirs = _lines(typed), _lines(stands)
    labels = {key: label for key, (label, _) in chain(ours.items(), theirs.items())}
    said = {key: tuple(lines.get(key, ("", ""))[1] for lines in (ours, theirs)) for key in labels}
    return [(labels[key], now or "（空）") for key, (mine, now) in said.items() if mine != now]


def _lines(form: Form) -> dict[str, tuple[str, str]]:
    """Each field, and each row of a list of them: its id → (label, what is in it)."""
    shown = [field for field in form if not isinstance(field, HiddenField)]
    rows = chain.from_iterable(field if isinstance(field, FieldList) else [field] for field in shown)
    return {row.id: (row.label.text, _said(row)) for row in rows}


def _said(field: Field) -> str:
    if isinstance(field, FormField):
        parts = [(part.label.text, _said(part)) for part in field.form]
        return "、".join(f"{label}: {said}" for label, said in parts if said)
    if isinstance(field, SelectFieldBase):
        chosen: list[Any] = field.data if isinstance(field.data, list) else [field.data]
        return "\n".join(field.choices.get(value, value) for value in chosen if value)
    return str(field._value())

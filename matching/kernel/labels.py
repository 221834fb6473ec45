"""Enumerations whose members carry the Japanese word that stands for them on pages and in spreadsheets."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar


class Labelled(StrEnum):
    """`DRAFT = "draft", "下書き"`: the value is the identifier, `label` the word."""

    label: str

    def __new__(cls, value: str, label: str = "") -> "Labelled":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


Kind = TypeVar("Kind", bound=Labelled)


def choices(kind: type[Labelled]) -> dict[str, str]:
    """What a form offers: value → label in the order of definition."""
    return {member.value: member.label for member in kind}


def named(members: Iterable[Kind], word: str) -> Kind | None:
    """The member (of an enumeration or some of one) with this label or value; None where there is none."""
    return next((member for member in members if word in (member.label, member.value)), None)

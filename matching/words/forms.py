"""The shape of a group of words as it is typed."""

import re

from wtforms import HiddenField

from matching.engine.thesaurus import Group
from matching.kernel import forms

BETWEEN = re.compile(r"[\r\n、，,;；=＝]+")


class GroupForm(forms.Form):
    words = forms.text_area(
        "同じ意味の言葉",
        help="一行に一つずつ入力してください。「着物＝和服」のように続けて書いてもかまいません。",
    )
    narrower = forms.text_area(
        "せまい意味の言葉",
        required=False,
        help="上の言葉で探したときに、いっしょに見つけたい言葉です（例 楽器に対する ギター、三味線）。"
        "反対に、ギターで探しても楽器だけの人は出ません。",
    )
    version = HiddenField()

    @property
    def content(self) -> Group:
        return Group(_listed(self.words.data), _listed(self.narrower.data))

    def show(self, group: Group, version: int) -> None:
        self.words.data, self.narrower.data = "\n".join(group.words), "\n".join(group.narrower)
        self.version.data = version


class RemovalForm(forms.Form):
    version = HiddenField()


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(word for piece in BETWEEN.split(text or "") if (word := piece.strip()))

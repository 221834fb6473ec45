"""Which groups of words are refused, with which sentence, beside which field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.text import analyse
from matching.engine.thesaurus import Group
from matching.kernel.errors import Invalid
from matching.words.rules import MOST_LETTERS, MOST_WORDS, check

KIMONO = ("着物", "和服")


@pytest.mark.parametrize(
    "group",
    [
        Group(KIMONO),
        Group(("きもの", "着物")),  # two ways of writing are two words
        Group(("楽器",), ("ギター",)),
        Group(("電動の縫う機械", "ミシン")),
        Group(("あ" * (MOST_LETTERS - 2) + "着物", "和服")),
    ],
)
def test_what_is_taken(group: Group) -> None:
    check(group)


@pytest.mark.parametrize(
    ("group", "field", "sentence"),
    [
        (Group(()), "words", "同じ意味の言葉を入力"),
        (Group((), ("着物", "和服")), "words", "同じ意味の言葉を入力"),
        (Group(("着物",)), "words", "二つ以上"),
        (Group(("着物", "和服", "着物")), "words", "「着物」が二度"),
        (Group(("ＰＴＡ", "pta")), "words", "「pta」が二度"),
        (Group(("pta", "ＰＴＡ")), "words", "「ＰＴＡ」が二度"),
        (Group(("ﾐｼﾝ", "ミシン")), "words", "「ミシン」が二度"),
        (Group(("着物", "和服"), ("着物",)), "narrower", "「着物」が二度"),
        (Group(("着物", "34")), "words", "「34」は、人を探すときに使われない"),
        (Group(("着物", "の")), "words", "「の」は"),
        (Group(("着物",), ("！？",)), "narrower", "「！？」は"),
        (Group(("着物", "着" * (MOST_LETTERS + 1))), "words", "40文字以内"),
        (Group(("着物", "和\x00服")), "words", "目に見えない文字"),
        (Group(("着物", "和\u200b服")), "words", "目に見えない文字"),
        (Group(("着物", "\ud800")), "words", "目に見えない文字"),
        (Group(("着物",), tuple(f"{n}着" for n in range(MOST_WORDS + 1))), "narrower", "30個まで"),
    ],
)
def test_what_is_refused(group: Group, field: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        check(group)
    assert refused.value.field == field


@given(st.lists(st.text(max_size=45), max_size=4), st.lists(st.text(max_size=45), max_size=4))
def test_any_words_are_taken_or_refused_and_what_is_taken_can_be_found(
    words: list[str], narrower: list[str]
) -> None:
    group = Group(tuple(words), tuple(narrower))
    try:
        check(group)
    except Invalid as refused:
        assert refused.field in ("words", "narrower")
        return
    assert len({*words, *narrower}) >= 2
    assert all(analyse(word) for word in (*words, *narrower))

"""Terms and the places where they stand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.text import analyse


@pytest.mark.parametrize(
    ("one", "other"),
    [("子ども", "子供"), ("ﾐｼﾝ", "ミシン"), ("手伝って", "手伝う"), ("サーバ", "サーバー"), ("ＰＣ", "pc")],
)
def test_spellings_of_one_word_are_one_term(one: str, other: str) -> None:
    assert analyse(one)[0].term == analyse(other)[0].term


def test_function_words_numerals_and_symbols_are_dropped() -> None:
    assert [t.surface for t in analyse("34人の子に、針を。")] == ["子", "針"]


@settings(deadline=None)
@given(st.text(max_size=80))
def test_every_term_stands_where_it_says(text: str) -> None:
    for term in analyse(text):
        assert text[term.start : term.end] == term.surface

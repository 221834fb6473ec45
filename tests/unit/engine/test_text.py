"""Terms, the places where they stand, and the letters beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.text import PIECE, analyse, letters

odd = st.text(st.characters() | st.characters(categories=["Cs", "Cc", "Mn"]) | st.sampled_from("ｶﾞ縫ゔA1"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("子ども", "子供"),
        ("ﾐｼﾝ", "ミシン"),  # half-width kana
        ("ｶﾞｰﾃﾞﾝ", "ガーデン"),  # with their marks
        ("カ\u3099ーテ\u3099ン", "ガーデン"),  # marks of their own
        ("手伝って", "手伝う"),
        ("サーバ", "サーバー"),
        ("ＰＣ", "pc"),
        ("㍻", "平成"),
        ("おりがみ", "折り紙"),  # okurigana and kana
        ("折紙", "折り紙"),
        ("縫物", "縫い物"),
        ("受付", "受け付け"),
        ("學校", "学校"),  # old kanji
        ("國語", "国語"),
        ("龍", "竜"),
        ("圖書館の繪本", "図書館の絵本"),
        ("澤田さんの廣場", "沢田さんの広場"),
        ("髙橋と渡邉", "高橋と渡辺"),
    ],
)
def test_spellings_of_one_word_are_one_term(one: str, other: str) -> None:
    assert [term.term for term in analyse(one)] == [term.term for term in analyse(other)] != []


@pytest.mark.parametrize(
    "text", ["", "の", "34", "十二", "１２", "です。", "!?#…", "😀😀", "\0", "\ud800", " \n"]
)
def test_what_says_nothing_is_no_term(text: str) -> None:
    assert analyse(text) == []


def test_function_words_numerals_and_symbols_are_dropped() -> None:
    assert [t.surface for t in analyse("34人の子に、針を。")] == ["子", "針"]


@given(odd)
def test_every_term_stands_where_it_says(text: str) -> None:
    reached = 0
    for term in analyse(text):
        assert text[term.start : term.end] == term.surface != ""
        assert term.term
        assert term.start >= reached or term.end > reached  # one character may fold to several words
        reached = term.start


def test_a_text_of_any_length_is_analysed_to_its_end() -> None:
    text = "縫う。" * (PIECE // 2)
    terms = analyse(text)
    assert terms[-1].start > len(text) - 9
    assert {term.term for term in terms[:9]} == {"縫う"}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("ミシン", ["ミシ", "シン"]),
        ("ﾐｼﾝ", ["ミシ", "シン"]),
        ("學校", ["学校"]),
        ("ＰＣ教室", ["pc", "c教", "教室"]),
        ("お手伝い", ["手伝"]),  # hiragana carries no meaning by itself
        ("縫う 針", []),
        ("", []),
        ("\ud800😀\0", []),
    ],
)
def test_letters_are_pairs_within_a_run(text: str, pairs: list[str]) -> None:
    assert letters(text) == pairs


@pytest.mark.parametrize(
    ("one", "other"), [("電動ミシン", "ミシン縫製"), ("取扱", "取扱い"), ("防災訓練", "訓練")]
)
def test_spellings_and_compounds_share_letters(one: str, other: str) -> None:
    assert set(letters(one)) & set(letters(other))


@given(odd)
def test_letters_are_of_any_text(text: str) -> None:
    assert all(len(pair) == 2 for pair in letters(text))

"""Equal and narrower words as sequences of terms: what is met, what is not, and never twice at one place."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matching.engine.index import Document, TfidfIndex
from matching.engine.text import Term
from matching.engine.thesaurus import Expansion, Group, Thesaurus

letters = st.sampled_from("abcdef")
entries = st.lists(letters, min_size=1, max_size=3).map("".join)
groups = st.builds(
    Group,
    st.lists(entries, min_size=1, max_size=3).map(tuple),
    st.lists(entries, max_size=2).map(tuple),
)
thesauri = st.lists(groups, max_size=4)
requests = st.lists(letters, max_size=12)


def by_letter(word: str) -> list[Term]:
    """Every letter is a term."""
    return [Term(letter, letter, at, at + 1) for at, letter in enumerate(word)]


def words_met(thesaurus: Thesaurus, word: str) -> set[str]:
    return {"".join(a) for e in thesaurus.expand(list(word)) for a in e.alternatives}


def test_equal_words_meet_both_ways_and_narrower_ones_one_way() -> None:
    thesaurus = Thesaurus([Group(("習字", "書道"), ("写経",))])
    assert thesaurus.expand(["習字", "教える"]) == [Expansion(0, 1, (("写経",), ("書道",)))]
    assert thesaurus.expand(["教える", "書道"]) == [Expansion(1, 1, (("写経",), ("習字",)))]
    assert thesaurus.expand(["写経"]) == []


def test_an_entry_of_several_terms() -> None:
    thesaurus = Thesaurus([Group(("電動の縫う機械", "ミシン"))])
    asked = ["5年生", "電動", "縫う", "機械", "使う"]
    assert thesaurus.expand(asked) == [Expansion(1, 3, (("ミシン",),))]
    assert thesaurus.expand(["縫う", "機械"]) == []
    assert thesaurus.expand(["ミシン"]) == [Expansion(0, 1, (("電動", "縫う", "機械"),))]


def test_the_longest_entry_goes_first() -> None:
    thesaurus = Thesaurus([Group(("ab", "f")), Group(("bcd", "e"))], by_letter)
    assert thesaurus.expand(list("abcd")) == [Expansion(1, 3, (("e",),))]
    assert thesaurus.expand(list("abab")) == [Expansion(0, 2, (("f",),)), Expansion(2, 2, (("f",),))]


def test_groups_that_share_a_word_do_not_chain() -> None:
    thesaurus = Thesaurus([Group(("お茶", "茶道")), Group(("お茶", "飲み物"))])
    assert {a[0] for a in thesaurus.expand(["茶"])[0].alternatives} == {"茶道", "飲み物"}
    assert thesaurus.expand(["茶道"]) == [Expansion(0, 1, (("茶",),))]


@pytest.mark.parametrize(
    "group",
    [
        Group(("着物", "きもの")),  # one word to the analyser
        Group(("楽器", "管楽器")),  # 管楽器 holds the term 楽器: it is found for it as it is
        Group(("の", "34")),  # words without a term
    ],
)
def test_what_is_met_anyway_is_no_expansion(group: Group) -> None:
    thesaurus = Thesaurus([group])
    assert thesaurus.expand(["着物", "楽器", "の", "34"]) == []


@given(requests)
def test_an_empty_thesaurus_says_nothing(terms: list[str]) -> None:
    assert Thesaurus().expand(terms) == []


@given(thesauri, requests)
def test_expansions_stand_in_order_and_never_overlap(made: list[Group], terms: list[str]) -> None:
    reached = 0
    for expansion in Thesaurus(made, by_letter).expand(terms):
        assert expansion.first >= reached
        reached = expansion.first + expansion.length
        assert reached <= len(terms)
        assert expansion.alternatives


@given(thesauri, requests)
def test_every_expansion_is_an_equal_word_and_every_alternative_is_in_one_of_its_groups(
    made: list[Group], terms: list[str]
) -> None:
    for expansion in Thesaurus(made, by_letter).expand(terms):
        entry = "".join(terms[expansion.first : expansion.first + expansion.length])
        around = [group for group in made if entry in group.words]
        offered = {tuple(dict.fromkeys(word)) for g in around for word in (*g.words, *g.narrower)}
        assert set(expansion.alternatives) == {a for a in offered if not set(entry) <= set(a)}


@given(thesauri, requests)
def test_no_entry_is_left_where_it_would_still_fit(made: list[Group], terms: list[str]) -> None:
    thesaurus = Thesaurus(made, by_letter)
    length_at = {
        place: e.length for e in thesaurus.expand(terms) for place in range(e.first, e.first + e.length)
    }
    for word in {word for group in made for word in group.words}:
        alone = thesaurus.expand(list(word))
        if not alone or alone[0].length < len(word):
            continue  # nothing but itself meets it
        for first in range(len(terms) - len(word) + 1):
            if "".join(terms[first : first + len(word)]) == word:
                places = range(first, first + len(word))
                assert max(length_at.get(place, 0) for place in places) >= len(word)


@given(thesauri, requests, st.randoms())
def test_the_order_of_groups_does_not_matter(made: list[Group], terms: list[str], chance: object) -> None:
    shuffled = list(made)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Thesaurus(shuffled, by_letter).expand(terms) == Thesaurus(made, by_letter).expand(terms)


@given(thesauri, groups, requests)
def test_a_further_group_never_takes_a_word_away(made: list[Group], added: Group, terms: list[str]) -> None:
    """A word alone: what it was met by, it is still met by."""
    for letter in terms:
        before = words_met(Thesaurus(made, by_letter), letter)
        assert before <= words_met(Thesaurus([*made, added], by_letter), letter)


# --- in the index -------------------------------------------------------------------------------------

KIMONO = Group(("着物", "和服"), ("浴衣",))


def index_of(**bodies: str) -> TfidfIndex:
    index = TfidfIndex()
    for id, body in bodies.items():
        index.upsert(Document(id, {"body": body}))
    return index


def test_another_word_is_found_and_named() -> None:
    index = index_of(J1="和服の着つけ", J2="将棋の指し方", J3="浴衣の帯")
    assert index.search("着物", 9) == []
    hits = {hit.id: hit for hit in index.search("着物", 9, thesaurus=Thesaurus([KIMONO]))}
    assert set(hits) == {"J1", "J3"}
    assert [(t.term, t.surface, t.via) for t in hits["J1"].terms] == [("着物", "着物", "和服")]
    assert index.search("浴衣", 9, thesaurus=Thesaurus([KIMONO])) == index.search("浴衣", 9)


@given(
    st.lists(st.text("abcdef", max_size=6), min_size=1, max_size=6),
    st.text("abcdef", max_size=6),
    thesauri,
)
@example(["c", "x"], "ab", [Group(("a", "c")), Group(("b", "c"))])  # one word stands for two
@example(["ab", "x"], "ab", [Group(("d", "b")), Group(("a", "b"))])
@example(["b", "x"], "ab", [Group(("a", "b"))])  # a word that is asked for itself
def test_the_score_stays_a_sum_of_its_weights_within_one(
    bodies: list[str], asked: str, made: list[Group]
) -> None:
    index = TfidfIndex(by_letter)
    for number, body in enumerate(bodies):
        index.upsert(Document(f"J{number}", {"body": body}))
    thesaurus = Thesaurus(made, by_letter)
    expansions = thesaurus.expand(asked)
    hits = {hit.id: hit for hit in index.search(asked, 99, thesaurus=thesaurus)}
    for number, body in enumerate(bodies):
        by_word = set(body) & set(asked)
        by_another = any(set(a) <= set(body) for e in expansions for a in e.alternatives)
        hit = hits.get(f"J{number}")
        assert (hit is not None) == bool(by_word or by_another)
        if hit is not None:
            assert 0 < hit.score <= 1 + 1e-9
            assert math.isclose(sum(t.weight for t in hit.terms), hit.score)
            assert all(t.weight > 0 for t in hit.terms)

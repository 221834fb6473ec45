"""A request as the index sees it: shares, near words, equals; and what past requests do to it."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import explaining
from matching.engine.asked import Asked, AskedWord, Wish
from matching.engine.index import Document, TfidfIndex
from matching.engine.meaning import Meaning
from matching.engine.thesaurus import Group, Thesaurus
from matching.engine.weights import Weights
from tests.support.ranking import WORDS, small_parts, split

bodies = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


def index_of(*bodies: str, meaning: Meaning | None = None, weights: Weights | None = None) -> TfidfIndex:
    index = TfidfIndex(split, meaning, weights or Weights())
    for number, body in enumerate(bodies):
        index.upsert(Document(f"J{number}", {"body": body}))
    return index


def words(asked: Asked) -> dict[str, AskedWord]:
    return {word.term: word for word in asked.words}


@pytest.fixture(autouse=True)
def words_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a word has of the nearness of the whole texts stays with those."""
    monkeypatch.setattr(explaining, "A_LINE", 2.0)


def met(index: TfidfIndex, asked: str, thesaurus: Thesaurus | None = None) -> dict[str, dict[str, float]]:
    """Each word of the request → what it met → its share of the score."""
    found: dict[str, dict[str, float]] = {}
    for hit in index.search(asked, 99, thesaurus=thesaurus or Thesaurus()):
        for reason in hit.terms:
            if reason.term:
                found.setdefault(reason.term, {})[reason.via] = reason.weight
    return found


@pytest.mark.parametrize("vectors", [False, True])
@given(st.lists(bodies, max_size=4), bodies, bodies, bodies)
def test_shares_are_of_one_and_every_word_stands_once(
    small: Meaning, vectors: bool, texts: list[str], text: str, must: str, nice: str
) -> None:
    index = index_of(*texts, meaning=small if vectors else None)
    asked = index.asked(Wish(text, must, nice))
    assert [word.term for word in asked.words] == list(dict.fromkeys(f"{text} {must} {nice}".split()))
    assert math.isclose(sum(word.weight for word in asked.words), 1.0) or not asked.words
    assert {word.term for word in asked.words if word.must} == set(must.split())


def test_a_must_weighs_twice_and_a_nice_half() -> None:
    index = index_of("sew tea drum x")
    asked = words(index.asked(Wish("tea", must="sew", nice="drum")))
    shares = [asked[word].weight for word in ("sew", "tea", "drum")]
    assert shares == pytest.approx([2 / 3.5, 1 / 3.5, 0.5 / 3.5])
    asked = words(index.asked(Wish("sew tea drum", must="sew", nice="drum")))
    assert [asked[word].weight for word in ("sew", "tea", "drum")] == pytest.approx([0.5, 0.25, 0.25])


def test_the_background_says_what_a_small_registry_cannot(small: Meaning) -> None:
    """`of` is on every page, `stitch` on few: no text here holds either."""
    with_background = words(index_of("tea", meaning=small).asked("of stitch"))
    without = words(index_of("tea").asked("of stitch"))
    assert without["of"].weight == without["stitch"].weight
    assert with_background["of"].weight < with_background["stitch"].weight / 2


def test_near_words_are_met_where_they_are_worth_counting(small: Meaning) -> None:
    texts = ("sew", "stitch", "machine", "engine", "drill", "tea")
    worth = met(index_of(*texts, meaning=small), "sew")["sew"]
    assert set(worth) == {"sew", "stitch", "machine", "engine"}
    assert worth["stitch"] == pytest.approx(0.65 * worth["sew"])  # on the same row
    assert worth["machine"] == worth["engine"] < worth["stitch"]
    blunt = index_of(*texts, meaning=small, weights=dataclasses.replace(Weights(), near_least=0.5))
    assert set(met(blunt, "sew")["sew"]) == {"sew", "stitch"}
    assert set(met(blunt, "sew x drum")["sew"]) == {"sew"}  # a third of 0.65 is too little
    assert set(met(index_of("stitch", meaning=small), "sew")["sew"]) == {"stitch"}  # no text has `sew` itself


def test_an_equal_word_is_worth_what_the_word_is_though_it_is_near_too(small: Meaning) -> None:
    index = index_of("sew", "stitch", "machine", meaning=small)
    worth = met(index, "sew", Thesaurus([Group(("sew", "stitch"))], split))["sew"]
    assert worth["stitch"] == worth["sew"] > worth["machine"] > 0


def test_every_word_of_a_phrase_is_met_by_its_equal() -> None:
    thesaurus = Thesaurus([Group(("sew machine", "engine", "unheard of"))], split)
    found = met(index_of("engine x"), "sew machine drum", thesaurus)
    assert {word: set(worth) for word, worth in found.items()} == {"sew": {"engine"}, "machine": {"engine"}}


def test_what_requests_always_say_counts_for_less(small: Meaning) -> None:
    index = index_of("sew tea", meaning=small)
    before = words(index.asked("sew drum"))
    with small_parts(few_requests=2):
        index.put_request("R1", {"sew"})
        assert words(index.asked("sew drum")).keys() == before.keys()
        assert [w.weight for w in index.asked("sew drum").words] == [w.weight for w in before.values()]
        index.put_request("R2", ["sew", "tea", "sew"])
        after = words(index.asked("sew drum"))
        assert after["sew"].weight < before["sew"].weight
        index.put_request("R2", {"drum"})  # in place of what it said before
        assert index.requests["sew"] == index.requests["drum"] == 1
        index.remove_request("R2")
        index.remove_request("R2")
        assert [w.weight for w in index.asked("sew drum").words] == [w.weight for w in before.values()]


def test_letters_have_their_share_only_where_there_are_any(small: Meaning) -> None:
    index = index_of("x sew", meaning=small)
    assert index.asked("x").letters_share == 0
    assert index.asked("sew").letters_share == Weights().letters
    assert index.search("x", 1, {"J0"})[0].terms[0].term == "x"


@pytest.mark.parametrize(
    ("asked", "known"), [("drum x", False), ("", False), ("of", False), ("drum sew", True)]
)
def test_the_whole_request_has_a_direction_where_a_word_has_one(
    small: Meaning, asked: str, known: bool
) -> None:
    vector = index_of("sew", meaning=small).asked(asked).about
    assert bool(vector.any()) == known
    assert not known or math.isclose(float((vector**2).sum()), 1, rel_tol=1e-6)

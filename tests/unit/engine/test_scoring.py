"""One request against many texts: blocks, ties and groups of words, held against the slow ranking."""

import dataclasses
import random
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.engine import loops
from matching.engine.asked import Wish
from matching.engine.index import Document, Hit, TfidfIndex
from matching.engine.meaning import Meaning
from matching.engine.thesaurus import Group, Thesaurus
from matching.engine.weights import Weights
from tests.support.ranking import KNOWN, UNKNOWN, WORDS, Slow, small_parts, split

# A word for a phrase, a phrase for a phrase, a narrower phrase; no entry overlaps another.
GROUPS = [Group(("sew machine", "engine", "seam drum")), Group(("choir",), ("sing chant", "tea"))]
phrases = st.sampled_from([*WORDS, "sew machine", "seam drum", "sing chant", "sew machine choir"])
bodies = st.lists(phrases, max_size=5).map(" ".join)
wishes = st.builds(Wish, bodies, bodies, bodies) | st.builds(Wish, bodies)
often = settings(max_examples=150)


def index_of(texts: Mapping[str, str], meaning: Meaning | None, weights: Weights | None = None) -> TfidfIndex:
    index = TfidfIndex(split, meaning, weights or Weights())
    for id, body in texts.items():
        index.upsert(Document(id, {"body": body}))
    return index


def scores(hits: list[Hit]) -> dict[str, float]:
    return {hit.id: hit.score for hit in hits}


def many_texts(seed: int) -> dict[str, str]:
    """2,500 texts, many of them equal or nearly so."""
    chance = random.Random(seed)
    return {
        f"J{number:04}": " ".join(chance.choices(WORDS, range(1, 1 + len(WORDS)), k=chance.randint(0, 5)))
        for number in range(2500)
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_first_of_thousands_are_the_slow_rankings_first(seed: int) -> None:
    texts = many_texts(seed)
    index, slow = index_of(texts, None), Slow(texts, vectors=False)
    for asked in ("sew", "sew drill choir", "teapot x sing", "x"):
        expected = {id: score for id, (score, _) in slow.scores(Wish(asked)).items()}
        whole = index.search(asked, 5000)
        assert scores(whole) == pytest.approx(expected, abs=1e-6)
        for limit in (1, 3, 10, 100, 700, 2499):
            assert index.search(asked, limit) == whole[:limit]
        assert [id for id, _ in index.ranked(asked, 10)] == [hit.id for hit in whole[:10]]


def test_the_first_of_thousands_by_meaning(small: Meaning) -> None:
    texts = many_texts(4)
    index, slow = index_of(texts, small), Slow(texts, vectors=True)
    for asked in ("sew", "stitch teapot choir"):
        expected = {id: score for id, (score, _) in slow.scores(Wish(asked)).items()}
        whole = index.search(asked, 5000)
        assert scores(whole) == pytest.approx(expected, abs=1e-6)
        assert index.search(asked, 10) == whole[:10]


def test_the_first_of_thousands_by_groups_of_words() -> None:
    texts, thesaurus = many_texts(5), Thesaurus(GROUPS, split)
    index, slow = index_of(texts, None), Slow(texts, vectors=False, groups=GROUPS)
    for asked in ("engine", "choir sew machine", "choir x"):
        whole = index.search(asked, 5000, thesaurus=thesaurus)
        expected = {id: score for id, (score, _) in slow.scores(Wish(asked)).items()}
        assert scores(whole) == pytest.approx(expected, abs=1e-6)
        for limit in (1, 3, 10, 100):
            assert index.search(asked, limit, thesaurus=thesaurus) == whole[:limit]


@pytest.mark.parametrize("vectors", [False, True])
@example({"J1": "engine"}, Wish("sew", must="machine"))  # no phrase goes from one part into the next
@example({"J1": "engine", "J2": "seam x drum", "J3": "seam", "J4": "tea"}, Wish("sew machine choir"))
@often
@given(st.dictionaries(st.sampled_from("abcdefgh"), bodies, max_size=8), wishes)
def test_groups_of_words_meet_as_the_slow_ranking_says(
    small: Meaning, vectors: bool, texts: dict[str, str], wish: Wish
) -> None:
    with small_parts():
        index = index_of(texts, small if vectors else None)
        hits = index.search(wish, 9, thesaurus=Thesaurus(GROUPS, split))
        slow = Slow(texts, vectors=vectors, groups=GROUPS).scores(wish)
        assert scores(hits) == pytest.approx({id: score for id, (score, _) in slow.items()}, abs=1e-6)
        for hit in hits:
            by_word = {term.term: term.weight for term in hit.terms if term.term}
            said = {word: value for word, value in slow[hit.id][1].items() if word in WORDS}
            assert by_word == pytest.approx(said, abs=1e-6)
            musts = set(wish.must.split())
            assert musts - set(by_word) <= set(hit.missing) <= musts - set(texts[hit.id].split())
            assert hit.met <= set(texts[hit.id].split())


def test_an_alternative_of_several_words_is_named_whole() -> None:
    index = index_of({"J1": "Drum of Seam", "J2": "drum"}, None)
    hits = index.search("engine", 9, thesaurus=Thesaurus(GROUPS, split))
    assert [hit.id for hit in hits] == ["J1"]
    assert [(t.surface, t.via) for t in hits[0].terms] == [("engine", "SeamDrum")]
    assert hits[0].met == {"seam", "drum"}


@given(
    st.sampled_from([word for word in KNOWN if KNOWN[word][0]]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=6),
)
def test_a_text_that_is_the_request_is_never_behind_another(
    small: Meaning, word: str, others: list[str]
) -> None:
    texts = {f"J{number}": other for number, other in enumerate(others)} | {"same": word}
    found = scores(index_of(texts, small).search(word, 99))
    assert found["same"] == max(found.values())


@given(st.lists(bodies, min_size=1, max_size=5), wishes, st.floats(0, 1), st.floats(0, 1))
def test_whatever_the_settings_a_score_lies_within_one(
    small: Meaning, texts: list[str], wish: Wish, letters: float, meaning: float
) -> None:
    weights = dataclasses.replace(Weights(), letters=letters, meaning=meaning)
    index = index_of({f"J{number}": body for number, body in enumerate(texts)}, small, weights)
    for hit in index.search(wish, 9):
        assert 0 < hit.score <= 1
        assert all(term.weight >= 0 for term in hit.terms)


def test_nobody_who_may_not_be_found_is_found_for_being_near(small: Meaning) -> None:
    texts = {f"J{number:03}": "sew" for number in range(400)}
    index = index_of(texts, small, dataclasses.replace(Weights(), meaning=1.0))
    allowed = [f"J{number:03}" for number in range(300)]
    index.remove("J000")
    assert [hit.id for hit in index.search("stitch", 999, allowed)] == allowed[1:]


@pytest.mark.parametrize(
    ("said", "near", "adds"), [(0, 1, 0.42), (1, 1, 0), (0.5, 0.5, 0.105), (0.2, -0.7, 0), (1.0000001, 1, 0)]
)
def test_the_whole_text_speaks_where_words_do_not_meet(said: float, near: float, adds: float) -> None:
    assert loops.whole(said, near, 0.42) == pytest.approx(adds)


def test_spellings_without_a_word_in_common_meet_by_their_letters() -> None:
    index = index_of({"J1": "teapot", "J2": UNKNOWN[1]}, None)
    hit = index.search("teapots", 9)[0]
    assert [(hit.id, t.surface, t.via) for t in hit.terms] == [("J1", "文字の重なり", "ap・ea・ot・po・te")]

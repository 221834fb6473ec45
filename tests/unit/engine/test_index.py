"""The index against the slow ranking, as a set that changes: after any history it is what its texts are."""

import itertools
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.engine.asked import Wish
from matching.engine.explaining import Hit
from matching.engine.index import Document, TfidfIndex
from matching.engine.meaning import Meaning
from matching.engine.segment import Allowed
from matching.engine.text import analyse
from tests.support.ranking import WORDS, Slow, small_parts, split

SEWING = Document("J1", {"title": "ミシン学習支援", "body": "家庭科でミシンの準備と糸通しを手伝います。"})
CHORUS = Document("J2", {"title": "合唱の指導", "body": "歌声サロンで合唱を教えます。"})
IDS = [f"J{number}" for number in range(12)]
bodies = st.lists(st.sampled_from([*WORDS, "Sew", "SEW"]), max_size=6).map(" ".join)
wishes = st.builds(Wish, bodies, bodies, bodies) | st.builds(Wish, bodies)
past = st.sampled_from(["R1", "R2", "R3", "R4"])
ids = st.sampled_from(IDS)
changes = st.one_of(
    st.tuples(st.just("put"), ids, bodies),
    st.tuples(st.just("put"), ids, bodies),
    st.tuples(st.just("put"), ids, bodies),
    st.tuples(st.just("remove"), ids),
    st.tuples(st.just("search"), wishes, st.none() | st.sets(ids)),
    st.tuples(st.just("save")),
    st.tuples(st.just("compact")),
    st.tuples(st.just("request"), past, st.sets(st.sampled_from(WORDS))),
    st.tuples(st.just("forget"), past),
)
histories = st.lists(changes, max_size=30)
often = settings(max_examples=150)


def index_of(*documents: Document, meaning: Meaning | None = None) -> TfidfIndex:
    index = TfidfIndex(meaning=meaning)
    for document in documents:
        index.upsert(document)
    return index


class Lived:
    """An index after a history, and what is left of it: texts and requests."""

    def __init__(self, history: Iterable[tuple[Any, ...]], meaning: Meaning | None, file: Path) -> None:
        self.index, self.texts, self.requests = TfidfIndex(split, meaning), {}, {}
        for verb, *values in history:
            getattr(self, verb)(*values, *([file] if verb == "save" else []))

    def put(self, id: str, body: str) -> None:
        self.index.upsert(Document(id, {"body": body}))
        self.texts[id] = body

    def remove(self, id: str) -> None:
        self.index.remove(id)
        self.texts.pop(id, None)

    def search(self, wish: Wish, allowed: set[str] | None) -> None:
        self.index.search(wish, 3, allowed)

    def save(self, file: Path) -> None:
        self.index.save(file)
        self.index = TfidfIndex.load(file, split, self.index.meaning)

    def compact(self) -> None:
        self.index.compact()

    def request(self, id: str, words: set[str]) -> None:
        self.index.put_request(id, words)
        self.requests[id] = words

    def forget(self, id: str) -> None:
        self.index.remove_request(id)
        self.requests.pop(id, None)

    def afresh(self, meaning: Meaning | None) -> TfidfIndex:
        """The same texts and requests, in another order, without a past."""
        index = TfidfIndex(split, meaning)
        for id, body in sorted(self.texts.items(), reverse=True):
            index.upsert(Document(id, {"body": body}))
        for id, words in sorted(self.requests.items()):
            index.put_request(id, words)
        return index


def agrees(hits: list[Hit], slow: Mapping[str, tuple[float, dict[str, float]]], limit: int) -> None:
    """The hits are the first `limit` of the slow ranking, with its scores and its reasons."""
    assert [(-hit.score, hit.id) for hit in hits] == sorted((-hit.score, hit.id) for hit in hits)
    assert len(hits) == min(limit, len(slow))
    for hit in hits:
        score, parts = slow[hit.id]
        assert math.isclose(hit.score, score, abs_tol=1e-6)
        assert {t.term or t.surface[:2]: t.weight for t in hit.terms} == pytest.approx(
            {name.replace("全体", "文全"): value for name, value in parts.items()}, abs=1e-6
        )
    left_out = [score for id, (score, _) in slow.items() if id not in {hit.id for hit in hits}]
    assert max(left_out, default=0) <= min((hit.score for hit in hits), default=1) + 1e-6


def is_a_sum(hit: Hit) -> None:
    assert 0 < hit.score <= 1
    assert math.isclose(math.fsum(term.weight for term in hit.terms), hit.score, abs_tol=1e-9)
    assert all(term.weight >= 0 for term in hit.terms)
    assert [t.weight for t in hit.terms] == sorted((t.weight for t in hit.terms), reverse=True)


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index") / "index.npz"


# --- any history --------------------------------------------------------------------------------------

# Long texts settle and go, a short one stays in the tail: the ordinary length changes under it.
SHRINKS = [
    *(("put", id, "sew " * 40) for id in IDS[:4]),
    ("search", Wish("sew"), None),
    ("put", "J9", "sew"),
    ("search", Wish("sew"), None),
    *(("remove", id) for id in IDS[:4]),
]
# A word met only by a near one, in a text that is about something else.
AGAINST = [("put", "J1", "machine drill drill")]


@pytest.mark.parametrize("vectors", [False, True])
@example(SHRINKS, Wish("sew"), 3)
@example(AGAINST, Wish("sew"), 3)
@often
@given(histories, wishes, st.integers(1, 12))
def test_after_any_history_a_search_is_the_slow_ranking(
    small: Meaning, file: Path, vectors: bool, history: list[tuple[Any, ...]], wish: Wish, limit: int
) -> None:
    with small_parts():
        lived = Lived(history, small if vectors else None, file)
        slow = Slow(lived.texts, vectors=vectors, requests=lived.requests.values())
        hits = lived.index.search(wish, limit)
        agrees(hits, slow.scores(wish), limit)
        for hit in hits:
            is_a_sum(hit)


@pytest.mark.parametrize("vectors", [False, True])
@example([("put", "J0", "sing"), ("put", "J1", "chant sing")], Wish("choir"))  # of one row: equally near
@often
@given(histories, wishes)
def test_the_same_texts_give_the_same_hits_whatever_came_before(
    small: Meaning, file: Path, vectors: bool, history: list[tuple[Any, ...]], wish: Wish
) -> None:
    with small_parts():
        lived = Lived(history, small if vectors else None, file)
        assert len(lived.index) == len(lived.texts)
        assert lived.index.search(wish, 99) == lived.afresh(lived.index.meaning).search(wish, 99)


@pytest.mark.parametrize("vectors", [False, True])
@example([("put", "J1", "sew"), ("save",)], Wish("sew"), {"J1"})  # nothing was searched since it was loaded
@example(SHRINKS, Wish("sew"), {"J9"})
@often
@given(histories, wishes, st.sets(ids | st.just("unknown")))
def test_allowed_is_filtering_afterwards(
    small: Meaning, file: Path, vectors: bool, history: list[tuple[Any, ...]], wish: Wish, allowed: set[str]
) -> None:
    with small_parts():
        index = Lived(history, small if vectors else None, file).index
        few = index.search(wish, 99, allowed)
        assert few == [hit for hit in index.search(wish, 99) if hit.id in allowed]
        assert index.search(wish, 2, allowed) == few[:2]


@pytest.mark.parametrize("vectors", [False, True])
@often
@given(histories, wishes, st.integers(-1, 12))
def test_a_shorter_search_is_the_beginning_of_a_longer_one(
    small: Meaning, file: Path, vectors: bool, history: list[tuple[Any, ...]], wish: Wish, limit: int
) -> None:
    with small_parts():
        index = Lived(history, small if vectors else None, file).index
        hits = index.search(wish, 99)
        assert index.search(wish, limit) == hits[: max(limit, 0)]
        ranked = index.ranked(wish, 99)
        assert {id: pytest.approx(score, abs=1e-5) for id, score in ranked} == {h.id: h.score for h in hits}
        assert ranked == sorted(ranked, key=lambda hit: (-hit[1], hit[0]))


@pytest.mark.parametrize("vectors", [False, True])
@often
@given(histories, wishes, st.floats(0, 1))
def test_what_is_wanted_less_than_the_best_is_left_out(
    small: Meaning, file: Path, vectors: bool, history: list[tuple[Any, ...]], wish: Wish, share: float
) -> None:
    with small_parts():
        index = Lived(history, small if vectors else None, file).index
        ranked = index.ranked(wish, 99)
        best = max((score for _, score in ranked), default=0.0)
        wanted = index.ranked(wish, 99, least=lambda highest: share * highest)
        assert wanted == [hit for hit in ranked if hit[1] >= share * best]
        assert index.ranked(wish, 99, least=lambda _: math.inf) == []


def test_who_may_be_found_is_looked_up_once_and_forgotten_texts_are_not_found() -> None:
    index = TfidfIndex(split)
    for number in range(9):
        index.upsert(Document(f"J{number}", {"body": "sew"}))
    index.compact()
    allowed = Allowed(["J1", "J2", "J3", "unknown"])
    assert [id for id, _ in index.ranked("sew", 9, allowed)] == ["J1", "J2", "J3"]
    index.remove("J2")
    index.upsert(Document("J3", {"body": "sew tea"}))
    assert [id for id, _ in index.ranked("sew", 9, allowed)] == ["J1", "J3"]
    index.upsert(Document("J2", {"body": "sew"}))
    assert [id for id, _ in index.ranked("sew", 9, allowed)] == ["J1", "J2", "J3"]


# --- reasons ------------------------------------------------------------------------------------------


def test_finds_the_person_who_sews_and_says_which_words_met() -> None:
    hits = index_of(SEWING, CHORUS).search("5年生の家庭科でミシンの糸通しを手伝ってほしい", 10)
    assert [hit.id for hit in hits] == ["J1"]
    assert {"ミシン", "家庭"} <= {term.surface for term in hits[0].terms}
    assert {"ミシン", "家庭", "手伝う"} <= hits[0].met


def test_where_no_word_meets_the_near_ones_are_named(real: Meaning) -> None:
    index = index_of(SEWING, CHORUS, meaning=real)
    sewing = index.search("電動の縫う機械", 10)[0]
    assert sewing.id == "J1"
    assert ("縫う", "ミシン") in {(term.surface, term.via) for term in sewing.terms}
    assert index.search("電動の縫う機械", 10, {"J2"}) == [
        hit for hit in index.search("電動の縫う機械", 10) if hit.id == "J2"
    ]


def test_a_word_is_shown_as_it_first_stands_in_the_text() -> None:
    index = TfidfIndex(split)
    index.upsert(Document("J1", {"title": "Sew", "body": "SEW sew"}))
    reason = index.search("sEw", 1)[0].terms[0]
    assert (reason.term, reason.surface, reason.via) == ("sew", "sEw", "Sew")


def test_musts_weigh_more_nices_less_and_what_is_missing_is_said() -> None:
    index = TfidfIndex(split)
    for id, body in [("J1", "sew"), ("J2", "tea"), ("J3", "sew tea")]:
        index.upsert(Document(id, {"body": body}))

    def scores(wish: Wish) -> dict[str, float]:
        return {hit.id: hit.score for hit in index.search(wish, 9)}

    even = scores(Wish("sew tea"))
    assert even["J1"] == even["J2"]
    assert scores(Wish("tea", must="sew"))["J1"] > even["J1"] > scores(Wish("tea", must="sew"))["J2"]
    assert scores(Wish("tea", nice="sew"))["J1"] < even["J1"] < scores(Wish("tea", nice="sew"))["J2"]
    assert scores(Wish("sew tea", must="sew", nice="tea")) == scores(Wish("tea", must="sew"))
    missing = {hit.id: hit.missing for hit in index.search(Wish("choir", "Sew drum", "tea"), 9)}
    assert missing == {"J1": ("drum",), "J2": ("Sew", "drum"), "J3": ("drum",)}


# --- planted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vectors", [False, True])
def test_nothing_is_found_where_there_is_nothing(small: Meaning, vectors: bool) -> None:
    index = TfidfIndex(split, small if vectors else None)
    assert len(index) == 0
    assert index.search("sew", 10) == index.search("sew", 10, ["J1"]) == index.ranked("sew", 10) == []
    index.remove("J1")
    index.remove_request("R1")
    index.compact()
    index.upsert(Document("J1", {}))
    assert len(index) == 1
    assert index.search("sew", 10) == index.search("", 10) == []
    index.upsert(Document("J1", {"body": "sew"}))
    assert [hit.id for hit in index.search("sew", 10)] == ["J1"]
    assert index.search("", 10) == index.search(Wish("", "", ""), 10) == index.search("sew", 0) == []


@pytest.mark.parametrize("vectors", [False, True])
def test_two_thousand_equal_texts_stand_in_the_order_of_their_ids(small: Meaning, vectors: bool) -> None:
    index = TfidfIndex(split, small if vectors else None)
    ids = [f"J{number:04}" for number in range(2000)]
    for id in reversed(ids):
        index.upsert(Document(id, {"body": "sew tea"}))
    for limit in (1, 10, 300):
        assert [hit.id for hit in index.search("sew choir", limit)] == ids[:limit]
        assert [id for id, _ in index.ranked("sew choir", limit)] == ids[:limit]
    assert [hit.id for hit in index.search("sew", 5, ids[1000:])] == ids[1000:1005]
    index.upsert(Document("J1500", {"body": "sew"}))
    assert [hit.id for hit in index.search("sew", 3)] == ["J1500", *ids[:2]]


def test_more_allowed_people_than_are_looked_at_one_by_one() -> None:
    index = TfidfIndex(split)
    for number, body in zip(range(600), itertools.cycle(["sew", "sew tea", "tea drum of"]), strict=False):
        index.upsert(Document(f"J{number:03}", {"body": body}))
    hits = index.search("sew", 600)
    for step in (1, 2, 3):  # 600, 300, 200 of them
        allowed = [f"J{number:03}" for number in range(0, 600, step)]
        assert index.search("sew", 600, allowed) == [hit for hit in hits if hit.id in set(allowed)]
    assert index.search("sew", 600, []) == []
    assert [hit.id for hit in index.search("sew", 9, ["J001", "J000", "J001", "unknown"])] == ["J000", "J001"]


def test_requests_that_all_say_the_same_still_find() -> None:
    index = index_of(SEWING, CHORUS)
    before = index.search("ミシン 合唱", 10)
    for number in range(60):
        index.put_request(f"R{number}", {"ミシン"})
    assert index.search("ミシン", 10)[0].id == "J1"
    by_word = {term.term: term.weight for hit in index.search("ミシン 合唱", 10) for term in hit.terms}
    assert by_word["ミシン"] < by_word["合唱"]
    for number in range(60):
        index.remove_request(f"R{number}")
    assert index.search("ミシン 合唱", 10) == before


# --- any text -----------------------------------------------------------------------------------------

odd = st.text(
    st.characters() | st.characters(categories=["Cs", "Cc", "Mn"]) | st.sampled_from("\0縫ｶﾞ゙学Aa1 "),
    max_size=40,
)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "あ",
            "!?#",
            "😀😀",
            "👨‍👩‍👧‍👦の会",
            "ﾐｼﾝ",
            "hello",
            "Привет мир",
            "مرحبا",
            "안녕하세요",
            "१२३",
        ),
        *("\ud800", "\0", "縫\0う", "\0\u3099か", "a\u0300" * 500, "\u3099" * 100, "\u200b\ufeff"),
        *("ミシン" * 40_000, "ﷺ" * 20_000, "x" * 100_000, "縫 " * 50_000),
    ],
)
@pytest.mark.parametrize("vectors", [False, True])
def test_any_text_gives_a_result_or_nothing(small: Meaning, file: Path, vectors: bool, text: str) -> None:
    meaning = small if vectors else None
    index = index_of(SEWING, CHORUS, Document("J3", {"title": text, "body": text}), meaning=meaning)
    index.put_request("R1", {term.term for term in analyse(text)})
    for hits in (index.search(text, 10), index.search(Wish("ミシン", text, text), 10)):
        assert len(hits) <= 3
        for hit in hits:
            is_a_sum(hit)
    index.save(file)
    assert TfidfIndex.load(file, meaning=meaning).search(text, 10) == index.search(text, 10)


@settings(max_examples=200)
@example("か", "\0\u3099か", "")  # a NUL within a word as written
@given(odd, odd, odd)
def test_any_texts_are_saved_as_they_are(file: Path, asked: str, one: str, other: str) -> None:
    index = index_of(Document("J1", {"body": one}), Document("J2", {"title": other, "body": one}))
    index.put_request("R1", {term.term for term in analyse(other)})
    hits = index.search(asked + one, 10)
    for hit in hits:
        is_a_sum(hit)
    index.save(file)
    assert TfidfIndex.load(file).search(asked + one, 10) == hits


def test_a_word_that_stands_there_itself_is_named_before_one_as_near(real: Meaning) -> None:
    """糸通し and ミシン have one row of the vectors."""
    index = index_of(SEWING, CHORUS, meaning=real)
    vias = {term.surface: term.via for term in index.search("糸通しとミシン", 1)[0].terms}
    assert (vias["糸通し"], vias["ミシン"]) == ("糸通し", "ミシン")

"""The index against scikit-learn's own TfidfVectorizer, and as a set that changes."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.engine.index import Document, TfidfIndex
from matching.engine.text import analyse

SEWING = Document("J1", {"title": "ミシン学習支援", "body": "家庭科でミシンの準備と糸通しを手伝います。"})
CHORUS = Document("J2", {"title": "合唱の指導", "body": "歌声サロンで合唱を教えます。"})
WORDS = ["ミシン", "家庭科", "合唱", "防災", "習字", "筆", "歌", "畑"]
texts = st.lists(st.sampled_from(WORDS), max_size=8).map("、".join)


def index_of(*documents: Document) -> TfidfIndex:
    index = TfidfIndex()
    for document in documents:
        index.upsert(document)
    return index


def test_finds_the_person_who_sews_and_says_which_words_met() -> None:
    hits = index_of(SEWING, CHORUS).search("5年生の家庭科でミシンの糸通しを手伝ってほしい", 10)
    assert [hit.id for hit in hits] == ["J1"]
    assert {"ミシン", "家庭"} <= {term.surface for term in hits[0].terms}


@settings(deadline=None, max_examples=60)
@given(st.lists(texts, min_size=1, max_size=8), texts)
def test_score_is_the_cosine_of_tfidf_vectorizer_and_the_sum_of_its_weights(
    bodies: list[str], asked: str
) -> None:
    documents = [Document(f"J{i}", {"body": body}) for i, body in enumerate(bodies)]
    hits = {hit.id: hit for hit in index_of(*documents).search(asked, 100)}
    vectorizer = TfidfVectorizer(analyzer=lambda text: [t.term for t in analyse(text)])
    try:
        rows = vectorizer.fit_transform(bodies)
    except ValueError:  # scikit-learn refuses an empty vocabulary
        assert hits == {}
        return
    expected = (rows @ vectorizer.transform([asked]).T).toarray().ravel()
    for document, score in zip(documents, expected, strict=True):
        hit = hits.get(document.id)
        assert math.isclose(hit.score if hit else 0.0, score, abs_tol=1e-9)
        assert hit is None or math.isclose(sum(t.weight for t in hit.terms), hit.score, abs_tol=1e-12)
        assert hit is None or all(t.weight >= 0 for t in hit.terms)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.none() | texts), max_size=12),
    texts,
    st.sets(st.sampled_from("abcd")),
)
def test_any_history_equals_an_index_built_afresh(
    history: list[tuple[str, str | None]], asked: str, allowed: set[str]
) -> None:
    index, kept = TfidfIndex(), {}
    for id, body in history:
        index.search(asked, 3)
        if body is None:
            index.remove(id)
            kept.pop(id, None)
        else:
            kept[id] = Document(id, {"body": body})
            index.upsert(kept[id])
    fresh = index_of(*kept.values())
    assert index.search(asked, 10) == fresh.search(asked, 10)
    assert index.search(asked, 10, allowed) == [h for h in fresh.search(asked, 10) if h.id in allowed]


def test_equal_scores_stand_in_the_order_of_their_ids() -> None:
    index = index_of(*(Document(id, {"body": "ミシン"}) for id in ["J3", "J1", "J2"]))
    assert [hit.id for hit in index.search("ミシン", 2)] == ["J1", "J2"]


def test_a_saved_index_answers_the_same(tmp_path: Path) -> None:
    index = index_of(SEWING, CHORUS)
    index.save(tmp_path / "index.json")
    assert TfidfIndex.load(tmp_path / "index.json").search("合唱とミシン", 5) == index.search(
        "合唱とミシン", 5
    )


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"analyser": "another", "entries": {}}'])
def test_a_foreign_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(ValueError):
        TfidfIndex.load(tmp_path / "index.json")


@pytest.mark.parametrize(
    "text", ["", "あ", "!?#", "😀😀", "ﾐｼﾝ", "hello", "ミシン" * 40_000, "ﷺ" * 20_000, "\ud800"]
)
def test_any_text_gives_a_result_or_nothing(text: str) -> None:
    assert len(index_of(SEWING, CHORUS).search(text, 10)) <= 2

"""Counts and weights against scikit-learn's, where there is no background: after any history."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from matching.engine.index import Document, TfidfIndex
from matching.engine.text import analyse, letters
from matching.engine.weights import idf
from tests.support.ranking import small_parts, split

WORDS = ["ミシン", "家庭科", "合唱", "防災", "習字", "筆", "歌", "畑", "縫う", "おりがみ", "折り紙"]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map("、".join)
histories = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | texts), min_size=1, max_size=14)


def terms(text: str) -> list[str]:
    return [term.term for term in analyse(text)]


def lived(history: list[tuple[str, str | None]]) -> tuple[TfidfIndex, dict[str, str]]:
    index, kept = TfidfIndex(), {}
    for id, body in history:
        index.search("合唱", 3)
        if body is None:
            index.remove(id)
            kept.pop(id, None)
        else:
            index.upsert(Document(id, {"body": body}))
            kept[id] = body
    return index, kept


def table(vectorizer: Any, kept: dict[str, str]) -> dict[str, dict[str, float]]:
    """Text → word → value, as scikit-learn has it."""
    names = vectorizer.get_feature_names_out()
    rows = vectorizer.transform(kept.values())
    return {
        id: {str(names[at]): float(value) for at, value in zip(row.indices, row.data, strict=True)}
        for id, row in zip(kept, rows, strict=True)
    }


@settings(max_examples=60)
@given(histories, st.booleans())
def test_the_counts_are_count_vectorizers(history: list[tuple[str, str | None]], compacted: bool) -> None:
    with small_parts():
        index, kept = lived(history)
        if compacted:
            index.compact()
        segments = index.current()
    for analyser, columns, part in ((terms, index.columns, "words"), (letters, index.letters, "letters")):
        vectorizer = CountVectorizer(analyzer=analyser)
        if not any(analyser(body) for body in kept.values()):
            assert columns.df.sum() == 0
            continue
        vectorizer.fit(kept.values())
        expected = table(vectorizer, kept)
        found = {
            segment.ids[row]: {
                columns.terms[column]: float(count)
                for column, count in zip(*getattr(segment, part).row(row), strict=True)
            }
            for segment in segments
            for row in np.flatnonzero(segment.alive)
        }
        assert found == expected
        df = (vectorizer.transform(kept.values()) > 0).sum(axis=0).A1
        having = dict(zip(vectorizer.get_feature_names_out(), df.tolist(), strict=True))
        known = dict(zip(columns.terms, columns.df.tolist(), strict=False))
        assert {term: texts for term, texts in known.items() if texts} == having
    lengths = [sum(len(analyser(body)) for body in kept.values()) for analyser in (terms, letters)]
    assert index.totals.tolist() == lengths


def test_the_vocabulary_grows_and_keeps_its_counts() -> None:
    index = TfidfIndex(split)
    for number in range(3000):
        index.upsert(Document(f"J{number}", {"body": f"word{number} every{number % 2}"}))
    known = dict(zip(index.columns.terms, index.columns.df.tolist(), strict=False))
    assert known == {f"word{number}": 1 for number in range(3000)} | {"every0": 1500, "every1": 1500}
    assert {hit.id for hit in index.search("word7 word2999", 2)} == {"J7", "J2999"}


@settings(max_examples=60)
@given(histories, texts)
def test_the_shares_of_a_request_are_tfidf_vectorizers(
    history: list[tuple[str, str | None]], asked: str
) -> None:
    with small_parts():
        index, kept = lived(history)
    if not kept:
        return
    vectorizer = TfidfVectorizer(analyzer=terms, smooth_idf=True, norm="l1", binary=True).fit(kept.values())
    df = np.array([index.columns.df[index.columns.find(term)] for term in vectorizer.get_feature_names_out()])
    assert idf(df, len(kept)) == pytest.approx(vectorizer.idf_, rel=1e-12)
    # The request's own words are in the vocabulary too: one of no text is rarest of all.
    words = sorted({word for text in (*kept.values(), asked) for word in terms(text)})
    vectorizer = TfidfVectorizer(analyzer=terms, norm="l1", binary=True, vocabulary=words)
    expected = table(vectorizer.fit(kept.values()), {"asked": asked})["asked"]
    assert {word.term: word.weight for word in index.asked(asked).words} == pytest.approx(expected, rel=1e-12)

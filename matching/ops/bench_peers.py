"""What the ranking is measured against: other engines, each made from the same tokens.

All but scikit-learn and SQLite belong to development only: one that is not installed is left out.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import linear_kernel

Tokens = Sequence[str]
Ask = Callable[[Tokens, int], Sequence[int]]  # the texts' numbers, best first, those with a score above 0
Build = Callable[[Sequence[Tokens]], Ask]


def sklearn(texts: Sequence[Tokens]) -> Ask:
    """As it is usually written: TF-IDF, a dense row of scores, all of it sorted."""
    return vectorized(TfidfVectorizer(analyzer=list), texts)


def vectorized(vectorizer: TfidfVectorizer, texts: Sequence[object]) -> Callable[..., list[int]]:
    """The same for any vectorizer of scikit-learn."""
    rows = vectorizer.fit_transform(texts)

    def ask(asked: object, limit: int) -> list[int]:
        scores = linear_kernel(vectorizer.transform([asked]), rows).ravel()
        return [int(row) for row in scores.argsort()[::-1][:limit] if scores[row] > 0]

    return ask


def bm25s_numpy(texts: Sequence[Tokens]) -> Ask:
    """bm25s as it comes."""
    return _bm25s(texts, "numpy")


def bm25s_numba(texts: Sequence[Tokens]) -> Ask:
    """bm25s, compiled."""
    return _bm25s(texts, "numba")


def _bm25s(texts: Sequence[Tokens], backend: str) -> Ask:
    import bm25s  # noqa: PLC0415 – development only

    engine = bm25s.BM25(backend=backend)
    engine.index([list(tokens) for tokens in texts], show_progress=False)

    def ask(tokens: Tokens, limit: int) -> list[int]:
        most = min(limit, len(texts))
        found, scores = engine.retrieve([list(tokens)], k=most, show_progress=False)
        return [int(row) for row, score in zip(found[0], scores[0], strict=True) if score > 0]

    return ask


def tantivy(texts: Sequence[Tokens]) -> Ask:
    """tantivy in memory, one thread, without positions."""
    import tantivy as engine  # noqa: PLC0415 – development only

    schema = (
        engine.SchemaBuilder()
        .add_text_field("words", tokenizer_name="whitespace", index_option="freq")
        .add_integer_field("row", stored=True)
        .build()
    )
    names = _Names()
    index = engine.Index(schema)
    writer = index.writer(num_threads=1)
    for row, tokens in enumerate(texts):
        writer.add_document(engine.Document(words=" ".join(names.of(tokens)), row=row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(tokens: Tokens, limit: int) -> list[int]:
        words = [engine.Query.term_query(schema, "words", name) for name in names.of(tokens)]
        query = engine.Query.boolean_query([(engine.Occur.Should, word) for word in words])
        found = searcher.search(query, limit, count=False).hits
        return [searcher.doc(address)["row"][0] for _, address in found]

    return ask


def fts5(texts: Sequence[Tokens]) -> Ask:
    """SQLite's full-text index in memory, without the texts themselves."""
    names = _Names()
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(words, content='')")
    rows = ((row, " ".join(names.of(tokens))) for row, tokens in enumerate(texts))
    database.executemany("INSERT INTO texts (rowid, words) VALUES (?, ?)", rows)

    def ask(tokens: Tokens, limit: int) -> list[int]:
        query = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?"
        return [row for (row,) in database.execute(query, (" OR ".join(names.of(tokens)), limit))]

    return ask


class _Names:
    """Tokens as plain names, so that no engine cuts or folds one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, tokens: Iterable[str]) -> Iterator[str]:
        """A name for each token, always the same."""
        return (self._names.setdefault(token, f"t{len(self._names)}") for token in tokens)


PEERS: dict[str, Build] = {
    "sklearn": sklearn,
    "bm25s_numpy": bm25s_numpy,
    "bm25s_numba": bm25s_numba,
    "tantivy": tantivy,
    "fts5": fts5,
}
# A search of these takes so long that with more texts than this it is left out.
SLOW = frozenset({"sklearn", "fts5"})
SLOW_FROM = 200_000

"""Terms → an updatable TF-IDF index → ranked, explained hits.

The score of a hit is the cosine of the request's and the document's TF-IDF vectors (smooth idf, l2), a
number in [0, 1] that is the sum of its shown weights.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer

from matching.engine import text as words


class Word(Protocol):
    """What an analyser yields: a normalised form, and how it stands in the text."""

    @property
    def term(self) -> str: ...
    @property
    def surface(self) -> str: ...


Analyse = Callable[[str], Sequence[Word]]


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched: an id and its named texts, such as title and body."""

    id: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TermWeight:
    """One reason: the request's word `surface` (normalised: `term`) met `via` in the document."""

    term: str
    surface: str
    via: str
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found: `score` in [0, 1] is the sum of the weights of `terms`, strongest first."""

    id: str
    score: float
    terms: tuple[TermWeight, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    counts: dict[str, int]
    surfaces: dict[str, str]  # the first way each term is written


@dataclass(frozen=True, slots=True)
class _Snapshot:
    ids: list[str]
    columns: dict[str, int]
    idf: np.ndarray
    rows: csr_matrix  # documents × terms, l2-normalised weights
    by_term: csr_matrix  # its transpose, to score by the request's terms only


class TfidfIndex:
    """Documents by their terms. A change is visible to the next search; ties break by id."""

    def __init__(self, analyse: Analyse = words.analyse) -> None:
        self._analyse = analyse
        self._entries: dict[str, _Entry] = {}
        self._snapshot: _Snapshot | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def upsert(self, document: Document) -> None:
        """Add the document, or put it in the place of the one with its id."""
        found = [word for text in document.fields.values() for word in self._analyse(text)]
        self._entries[document.id] = _entry(found)
        self._snapshot = None

    def remove(self, id: str) -> None:
        """Forget the document; an unknown id is no error."""
        if self._entries.pop(id, None):
            self._snapshot = None

    def search(self, text: str, limit: int, allowed: Collection[str] | None = None) -> list[Hit]:
        """The best `limit` documents (of `allowed` only, if given) with a score above 0, best first."""
        if limit < 1 or not self._entries:
            return []
        snapshot = self._current()
        asked = _entry(self._analyse(text))
        known = {term: n for term, n in asked.counts.items() if term in snapshot.columns}
        if not known:
            return []
        columns = np.array([snapshot.columns[term] for term in known])
        weights = np.array(list(known.values()), dtype=float) * snapshot.idf[columns]
        weights /= np.linalg.norm(weights)
        scores = snapshot.by_term[columns].T @ weights
        best = sorted(
            (i for i in np.flatnonzero(scores > 0).tolist() if allowed is None or snapshot.ids[i] in allowed),
            key=lambda i: (-scores[i], snapshot.ids[i]),
        )
        share = dict(zip(columns.tolist(), weights.tolist(), strict=True))
        name = dict(zip(columns.tolist(), known, strict=True))
        return [self._hit(snapshot, i, share, name, asked) for i in best[:limit]]

    def save(self, path: Path) -> None:
        """Write what is needed to start without analysing a text again."""
        entries = {id: [e.counts, e.surfaces] for id, e in self._entries.items()}
        path.write_text(
            json.dumps({"analyser": words.analyser_version(), "entries": entries}, ensure_ascii=False)
        )

    @classmethod
    def load(cls, path: Path, analyse: Analyse = words.analyse) -> Self:
        """The saved index. ValueError where the file is not one, or another analyser made it."""
        index = cls(analyse)
        try:
            data = json.loads(path.read_text())
            if data["analyser"] != words.analyser_version():
                raise ValueError(f"made by {data['analyser']}")
            index._entries = {id: _Entry(*entry) for id, entry in data["entries"].items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an index: {path.name}") from error
        return index

    def _current(self) -> _Snapshot:
        if self._snapshot is None:
            self._snapshot = _build(self._entries)
        return self._snapshot

    def _hit(
        self, snapshot: _Snapshot, i: int, share: dict[int, float], name: dict[int, str], asked: _Entry
    ) -> Hit:
        id = snapshot.ids[i]
        row = snapshot.rows[[i]]
        met = [
            TermWeight(
                name[column],
                asked.surfaces[name[column]],
                self._entries[id].surfaces[name[column]],
                share[column] * float(weight),
            )
            for column, weight in zip(row.indices.tolist(), row.data, strict=True)
            if column in share
        ]
        met.sort(key=lambda t: (-t.weight, t.term))
        return Hit(id, sum(t.weight for t in met), tuple(met))


def _entry(found: Sequence[Word]) -> _Entry:
    surfaces: dict[str, str] = {}
    for word in found:
        surfaces.setdefault(word.term, word.surface)
    return _Entry(dict(Counter(word.term for word in found)), surfaces)


def _build(entries: Mapping[str, _Entry]) -> _Snapshot:
    ids = sorted(entries)
    columns: dict[str, int] = {}
    values, indices, starts = [], [], [0]
    for id in ids:
        for term, count in entries[id].counts.items():
            indices.append(columns.setdefault(term, len(columns)))
            values.append(count)
        starts.append(len(indices))
    counts = csr_matrix((np.array(values, dtype=float), indices, starts), shape=(len(ids), len(columns)))
    if not columns:
        return _Snapshot(ids, columns, np.zeros(0), counts, counts.T.tocsr())
    transformer = TfidfTransformer()
    rows = transformer.fit_transform(counts).tocsr()
    return _Snapshot(ids, columns, transformer.idf_, rows, rows.T.tocsr())

"""Terms → an updatable TF-IDF index → ranked, explained hits.

The score of a hit is the cosine of the request's and the document's TF-IDF vectors (smooth idf, l2), a
number in [0, 1] that is the sum of its shown weights.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer

from matching.engine import text as words
from matching.engine.thesaurus import Thesaurus


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

    def search(
        self,
        text: str,
        limit: int,
        allowed: Collection[str] | None = None,
        *,
        thesaurus: Thesaurus | None = None,
    ) -> list[Hit]:
        """The best `limit` documents (of `allowed` only, if given) with a score above 0, best first."""
        if limit < 1 or not self._entries:
            return []
        snapshot = self._current()
        found = self._analyse(text)
        asked = _entry(found)
        sequence = [word.term for word in found]
        replaced = {
            tuple(sequence[e.first : e.first + e.length]): e.alternatives
            for e in (thesaurus.expand(sequence) if thesaurus else ())
        }
        counted = snapshot.columns.keys() | {term for entry in replaced for term in entry}
        share = _shares({term: n for term, n in asked.counts.items() if term in counted}, snapshot)
        known = [term for term in share if term in snapshot.columns]
        columns = np.array([snapshot.columns[term] for term in known], dtype=int)
        scores = snapshot.by_term[columns].T @ np.array([share[term] for term in known])
        lent = self._lent(snapshot, share, replaced, asked)
        for i, terms in lent.items():
            scores[i] += sum(t.weight for t in terms)
        best = sorted(
            (i for i in np.flatnonzero(scores > 0).tolist() if allowed is None or snapshot.ids[i] in allowed),
            key=lambda i: (-scores[i], snapshot.ids[i]),
        )
        by_column = {snapshot.columns[term]: term for term in known}
        return [self._hit(snapshot, i, share, by_column, asked, lent.get(i, [])) for i in best[:limit]]

    def _lent(
        self,
        snapshot: _Snapshot,
        share: Mapping[str, float],
        replaced: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]],
        asked: _Entry,
    ) -> dict[int, list[TermWeight]]:
        """By row: what an alternative earns for the request's words that the document itself lacks.

        Its part of the document's vector stands for those words, and once only: the score stays a cosine.
        """
        earned: dict[int, dict[str, TermWeight]] = defaultdict(dict)
        spent: dict[int, set[str]] = defaultdict(set)
        pairs = [(entry, other) for entry, others in replaced.items() for other in others]
        for entry, other in pairs:
            free = [term for term in other if term not in share]
            if not free or not snapshot.columns.keys() >= set(other):
                continue
            parts = snapshot.by_term[[snapshot.columns[term] for term in (*free, *other)]].toarray()
            lengths = np.linalg.norm(parts[: len(free)], axis=0)
            for i in np.flatnonzero((parts > 0).all(axis=0)).tolist():
                held = self._entries[snapshot.ids[i]]
                lacking = [t for t in dict.fromkeys(entry) if t not in held.counts and t not in earned[i]]
                if not lacking or spent[i] & set(free):
                    continue
                spent[i].update(free)
                via = "・".join(held.surfaces[term] for term in other)
                whole = float(np.linalg.norm([share[term] for term in lacking]))
                for term in lacking:
                    weight = share[term] ** 2 / whole * float(lengths[i])
                    earned[i][term] = TermWeight(term, asked.surfaces[term], via, weight)
        return {i: list(terms.values()) for i, terms in earned.items()}

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
        self,
        snapshot: _Snapshot,
        i: int,
        share: Mapping[str, float],
        by_column: Mapping[int, str],
        asked: _Entry,
        lent: Sequence[TermWeight],
    ) -> Hit:
        id = snapshot.ids[i]
        row = snapshot.rows[[i]]
        met = [
            TermWeight(
                by_column[column],
                asked.surfaces[by_column[column]],
                self._entries[id].surfaces[by_column[column]],
                share[by_column[column]] * float(weight),
            )
            for column, weight in zip(row.indices.tolist(), row.data, strict=True)
            if column in by_column
        ]
        met += lent
        met.sort(key=lambda t: (-t.weight, t.term))
        return Hit(id, sum(t.weight for t in met), tuple(met))


def _entry(found: Sequence[Word]) -> _Entry:
    surfaces: dict[str, str] = {}
    for word in found:
        surfaces.setdefault(word.term, word.surface)
    return _Entry(dict(Counter(word.term for word in found)), surfaces)


def _shares(counts: Mapping[str, int], snapshot: _Snapshot) -> dict[str, float]:
    """The request's vector of length 1 by term; a word in no document is as rare as can be (smooth idf)."""
    rarest = float(np.log(1 + len(snapshot.ids))) + 1
    columns = snapshot.columns
    weights = {
        term: n * (float(snapshot.idf[columns[term]]) if term in columns else rarest)
        for term, n in counts.items()
    }
    length = float(np.linalg.norm(list(weights.values())))
    return {term: weight / length for term, weight in weights.items()}


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

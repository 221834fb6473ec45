"""Why a text was found: its score as the sum of lines a person can read.

What a word of the request meets and its part of the nearness of the whole texts are one line: ミシン ← 縫う.
The nearness of two mean vectors is the sum of its words' parts; each goes to the text's word nearest to it.
What belongs to no single word has lines of its own: 文字の重なり and 文全体の近さ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine import loops
from matching.engine.asked import Asked
from matching.engine.meaning import Meaning
from matching.engine.scoring import met_by, met_letters, nearness
from matching.engine.segment import Segment
from matching.engine.weights import Weights

LETTERS, WHOLE = "文字の重なり", "文全体の近さ"
TINY = 1e-9
A_LINE = 0.02  # what a word must have of the nearness of the whole texts to be named for it
LACKING = 0.15  # a must met less than so much (1: by the word itself, as strongly as can be) is lacking
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TermWeight:
    """One reason: the request's word `surface` (normalised: `term`) met `via` in the text.

    What belongs to no single word has no term.
    """

    term: str
    surface: str
    via: str
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A text found: `score` in [0, 1] is the sum of the weights of `terms`, strongest first.

    `met`: the text's own terms that met. `missing`: words of what is a must that it does not meet.
    """

    id: str
    score: float
    terms: tuple[TermWeight, ...]
    met: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """The index's words by number: of columns, of pairs of letters, of ways to write them."""

    terms: Sequence[str]
    letters: Sequence[str]
    surfaces: Sequence[str]


@dataclass(slots=True)
class _Line:
    """What one word of the request comes to. `most`: the largest single part; it says by what."""

    columns: tuple[int, ...]
    via: str
    weight: float = 0.0
    most: float = 0.0

    def add(self, weight: float, columns: tuple[int, ...], via: str) -> None:
        self.weight += weight
        if weight > self.most:
            self.most, self.columns, self.via = weight, columns, via


def explain(
    segment: Segment, row: int, asked: Asked, words: Words, meaning: Meaning | None, weights: Weights
) -> Hit:
    """The hit that this row is."""
    lines: dict[int, _Line] = {}
    lacking = {number for number, word in enumerate(asked.words) if word.must}
    share = 1 - asked.letters_share
    said = 0.0
    for met in met_by(segment, row, asked, words.terms):
        via = "".join(words.surfaces[surface] for surface in met.surfaces)
        lines.setdefault(met.word, _Line(met.columns, via)).add(share * met.weight, met.columns, via)
        said += share * met.weight
        if met.weight >= LACKING * asked.words[met.word].weight:
            lacking.discard(met.word)
    pairs, overlap = met_letters(segment, row, asked)
    whole = loops.whole(said + overlap, nearness(segment, row, asked), weights.meaning)
    rest = whole
    for number, part, place in _parts(segment, row, asked, words, meaning, whole):
        column = int(segment.words.columns[place])
        via = words.surfaces[int(segment.surfaces[place])]
        lines.setdefault(number, _Line((column,), via)).add(part, (column,), via)
        rest -= part
    terms = [
        TermWeight(asked.words[number].term, asked.words[number].surface, line.via, line.weight)
        for number, line in lines.items()
    ]
    if overlap > 0:
        seen = "・".join(sorted(words.letters[column] for column in pairs))
        terms.append(TermWeight("", LETTERS, seen, overlap))
    if rest > TINY:
        terms.append(TermWeight("", WHOLE, "", rest))
    terms.sort(key=lambda term: (-term.weight, term.term, term.surface))
    return Hit(
        id=segment.ids[row],
        score=min(1.0, sum(term.weight for term in terms)),
        terms=tuple(terms),
        met=frozenset(words.terms[column] for line in lines.values() for column in line.columns),
        missing=tuple(asked.words[number].surface for number in sorted(lacking)),
    )


def _parts(
    segment: Segment, row: int, asked: Asked, words: Words, meaning: Meaning | None, whole: float
) -> list[tuple[int, float, int]]:
    """(word of the request, its part of `whole`, place of the text's word nearest to it), the large ones."""
    if meaning is None or whole < A_LINE:
        return []
    text = (segment.vectors[row] * segment.scales[row]).astype(np.float64)
    gains = np.maximum(asked.parts @ text, 0)
    parts = gains / gains.sum() * whole
    large = np.flatnonzero(parts >= A_LINE)
    span = segment.words.of(row)
    terms = [words.terms[column] for column in segment.words.columns[span].tolist()]
    # In the order of the words themselves, so that of equally near ones the same is named everywhere.
    order = [at for _, at in sorted((term, at) for at, term in enumerate(terms))]
    known = [at for at in order if meaning.row(terms[at]) >= 0]
    vectors = meaning.vectors[[meaning.row(terms[at]) for at in known]]
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY)
    near = asked.parts[large] @ (vectors / lengths).T
    there = {term: at for at, term in enumerate(terms)}
    nearest = [known[int(row_.argmax())] for row_ in near]  # but for the word itself where it stands there
    return [
        (number, float(parts[number]), span.start + there.get(asked.words[number].term, at))
        for number, at in zip(large.tolist(), nearest, strict=True)
    ]

"""What the ranking is measured on: judged pairs, and as many new texts as wanted, made of their sentences.

Pure but for reading the files; the same sets, size and seed give the same texts.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matching.engine import text
from matching.matcher import judged

JUDGED = Path(__file__).parents[2] / "tests" / "data" / "judged"
SEED = 20_261_124
LONGEST = 100  # characters of a sentence: an offer's, not an encyclopedia's
SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
Pieces = tuple[str, ...]  # a text's sentences: each is analysed once, however many texts hold it


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Offers (title and text, a line each), requests, and request → offer → grade."""

    offers: Mapping[str, str]
    requests: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]


def read(folder: Path) -> JudgedSet:
    """A folder of BEIR files. ValueError where one has another form."""
    return JudgedSet(
        offers={
            row["_id"]: f"{row['title']}\n{row['text']}" for row in judged.lines(folder / "corpus.jsonl")
        },
        requests={row["_id"]: row["text"] for row in judged.lines(folder / "queries.jsonl")},
        grades=judged.grades(folder / "qrels.tsv"),
    )


def offers(sets: Sequence[JudgedSet], size: int, seed: int = SEED) -> list[Pieces]:
    """New offers: the first line of one, and two to four sentences of it and of one to three others."""
    return _made([list(s.offers.values()) for s in sets], size, seed, whole=(2, 4), of=(2, 4))


def requests(sets: Sequence[JudgedSet], size: int, seed: int = SEED) -> list[Pieces]:
    """New requests: the first sentence of one, and one to three sentences of it and of up to one other."""
    return _made([list(s.requests.values()) for s in sets], size, seed, whole=(1, 3), of=(1, 2))


def _made(
    sets: Sequence[Sequence[str]], size: int, seed: int, *, whole: tuple[int, int], of: tuple[int, int]
) -> list[Pieces]:
    chance = random.Random(seed)  # noqa: S311 – made-up texts, not secrets
    split = [[pieces for text in texts if (pieces := _sentences(text))] for texts in sets]

    def one() -> Pieces:
        sources = chance.sample(chance.choice(split), chance.randint(*of))
        further = [sentence for source in sources for sentence in source[1:]]
        count = min(chance.randint(*whole), len(further))
        return (sources[0][0], *chance.sample(further, count))

    return [one() for _ in range(size)]


def _sentences(whole: str) -> list[str]:
    found = [sentence.strip() for sentence in SENTENCE.findall(whole)]
    return [sentence for sentence in found if 0 < len(sentence) <= LONGEST]


@cache
def words(piece: str) -> tuple[text.Term, ...]:
    """The piece's words, analysed once."""
    return tuple(text.analyse(piece))


def terms(pieces: Pieces) -> Iterator[str]:
    """The tokens that every engine is given."""
    return (word.term for piece in pieces for word in words(piece))

"""Japanese text → terms: normalised content words with the place where each one stands."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from threading import local

from sudachipy import Dictionary, SplitMode, Tokenizer

from matching.engine.kanji import MODERN

# Sudachi refuses more than 49,149 bytes of UTF-8 at once; no character takes more than 4.
PIECE = 12_000
AT_HAND = 4_000  # texts whose words are kept: some 20 MB
CONTENT = frozenset({"名詞", "動詞", "形容詞", "形状詞", "副詞", "感動詞", "連体詞", "代名詞"})
DROPPED = frozenset({"数詞", "非自立可能", "助動詞語幹"})
# Runs of characters that carry meaning by themselves: kanji, katakana, Latin letters and digits.
RUN = re.compile(r"[一-鿿々〆ヶァ-ヴーa-z0-9]+")
_per_thread = local()


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a text: its normalised form, as written, and [start, end) in the text as given."""

    term: str
    surface: str
    start: int
    end: int


def analyse(text: str) -> list[Term]:
    """The content words of `text` in order (Sudachi, mode A), without function words, numerals, symbols."""
    return list(_analysed(text))


@lru_cache(maxsize=AT_HAND)
def _analysed(text: str) -> tuple[Term, ...]:
    """The texts of open requests and of the people found for them come again and again."""
    folded, spans = _fold(text)
    return tuple(
        term
        for start in range(0, len(folded), PIECE)
        for term in _terms(folded[start : start + PIECE], spans[start : start + PIECE], text)
    )


def letters(text: str) -> list[str]:
    """The second view of a text: each pair of neighbouring characters within a run that carries meaning.

    Two spellings, or words that the dictionary cuts differently, still share pairs.
    """
    runs = RUN.findall(_normal(text).casefold())
    return [run[at : at + 2] for run in runs for at in range(len(run) - 1)]


@cache
def analyser_version() -> str:
    """What decides the terms: stored beside them, so that another version recomputes."""
    return f"sudachipy-{version('sudachipy')}/core-{version('sudachidict-core')}/3"


def _terms(folded: str, spans: list[tuple[int, int]], text: str) -> Iterator[Term]:
    for morpheme in _tokenizer().tokenize(folded, SplitMode.A):
        kind = morpheme.part_of_speech()
        if kind[0] not in CONTENT or kind[1] in DROPPED or not any(c.isalnum() for c in morpheme.surface()):
            continue
        start, end = spans[morpheme.begin()][0], spans[morpheme.end() - 1][1]
        yield Term(morpheme.normalized_form().casefold(), text[start:end], start, end)


def _fold(text: str) -> tuple[str, list[tuple[int, int]]]:
    """`text` in its normal form and, for each of its characters, [start, end) of what it came from."""
    folded: list[str] = []
    spans: list[tuple[int, int]] = []
    # A base with its combining marks (half-width ｶﾞ too) folds as one; a lone surrogate is no text.
    for cluster in re.finditer(r".[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", text, re.DOTALL):
        piece = re.sub(r"[\ud800-\udfff]", " ", _normal(cluster.group()))
        folded.append(piece)
        spans.extend([cluster.span()] * len(piece))
    return "".join(folded), spans


def _normal(text: str) -> str:
    """NFKC, with the kanji in use for old ones."""
    return unicodedata.normalize("NFKC", text).translate(MODERN)


def _tokenizer() -> Tokenizer:
    if not hasattr(_per_thread, "tokenizer"):  # Sudachi: one tokenizer a thread
        _per_thread.tokenizer = _dictionary().tokenizer()
    tokenizer: Tokenizer = _per_thread.tokenizer
    return tokenizer


@cache
def _dictionary() -> Dictionary:
    return Dictionary(dict="core")

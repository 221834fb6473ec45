"""What a word, and a meeting of words, is worth. Pure formulas; the figures were chosen by cross-validation.

They are explained, with what they reach, in the README's table of measurements.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.meaning import NEAR

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """The settings of a ranking."""

    saturation: float = 0.9  # k1: how soon a repeated word says nothing more
    by_length: float = 0.7  # b: how much a long text's words count for less
    background: float = 300.0  # how many texts the background frequencies stand for
    ordinary: float = 0.7  # how strongly words that are common in requests count for less
    near_most: float = 0.65  # what the nearest other word is worth, beside 1 for the word itself
    near_least: float = 0.001  # a meeting worth less than this share of the score is left out
    letters: float = 0.1  # the share of the second view: pairs of characters
    meaning: float = 0.42  # what the nearness of the whole texts adds where words do not meet
    must: float = 2.0  # a word of what is a must, beside 1 for a word of the request
    nice: float = 0.5  # a word of what would be nice


FEW_REQUESTS = 50  # below this many past requests nothing is known about ordinary words


def idf(df: Array, texts: int, share: Array | float = 0.0, background: float = 0.0) -> Array:
    """ln((1 + texts + B) / (1 + df + B × share)) + 1: scikit-learn's smooth idf, with B background texts."""
    rare: Array = np.log((1 + texts + background) / (1 + df + background * share)) + 1
    return rare


def unusual(rf: Array, requests: int) -> Array:
    """How unusual words are in requests, in (0, 1]; 1 while there are too few. `rf`: requests with each."""
    if requests < FEW_REQUESTS:
        return np.ones_like(rf)
    rare: Array = np.log((1 + requests) / (0.5 + rf)) / np.log((1 + requests) / 0.5)
    return rare


def saturated(counts: Array, length: Array, pivot: float, weights: Weights) -> Array:
    """BM25's form in [0, 1): count ÷ (count + k1 (1 − b + b × length ÷ pivot)); Robertson & Zaragoza 2009."""
    slowed: Array = 1 - weights.by_length + weights.by_length * length / pivot
    return counts / (counts + weights.saturation * slowed)


def nearness(cosines: Array, most: float) -> Array:
    """What a near word is worth: 0 at the threshold, `most` for one used alike."""
    worth: Array = np.maximum(cosines - NEAR, 0) / (1 - NEAR) * most
    return worth

"""How well the ranking finds the right people, and how well its peers do: judged requests, nothing tuned on
what is measured."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import fmean

from sklearn.feature_extraction.text import TfidfVectorizer

from matching.engine import evaluation
from matching.engine.evaluation import DEEP, Interval, Quality, Run
from matching.engine.explaining import Hit
from matching.engine.index import TfidfIndex
from matching.engine.meaning import Meaning
from matching.engine.weights import Weights
from matching.ops import bench_peers as peers
from matching.ops.bench_texts import JudgedSet, words

FOLDS, SEED = 10, 20_261_124
GRID = [
    Weights(meaning=meaning, near_most=near_most, ordinary=ordinary, letters=letters)
    for meaning, near_most, ordinary, letters in product(
        (0.34, 0.42, 0.5), (0.5, 0.65, 0.8), (0.5, 0.7, 0.9), (0.05, 0.1, 0.15)
    )
]
OURS, WORDS = "まなびの環", "まなびの環（言葉だけ）"
FIRST_DAY = "まなびの環（過去の依頼がない最初の日）"


@dataclass(frozen=True, slots=True)
class Measured:
    """One ranking: by request, with every grade, and with grade 2 only."""

    every: Mapping[str, Quality]
    grade2: Mapping[str, Quality]


@dataclass(frozen=True, slots=True)
class CrossValidated:
    """Means over requests, each ranked with the weights that are best on the other folds' requests."""

    ndcg10: Interval
    recall100: Interval
    chosen: int  # how many different weights the folds chose


def measure(judged: JudgedSet, meaning: Meaning | None) -> dict[str, Measured]:
    """Every ranking on the same requests, by its name; ours last."""
    runs = {
        "T0: scikit-learn、文字2〜3": _peer(judged, _characters, str),
        "T1: scikit-learn、Sudachi の語": _peer(judged, peers.sklearn, _tokens),
        "bm25s": _peer(judged, peers.bm25s_numpy, _tokens),
        WORDS: ours(judged, None, Weights()),
        FIRST_DAY: ours(judged, meaning, replace(Weights(), ordinary=0.0)),
        OURS: ours(judged, meaning, Weights()),
    }
    return {name: _measured(run, judged) for name, run in runs.items()}


def differences(measured: Mapping[str, Measured]) -> dict[str, Interval]:
    """How much nDCG@10 ours is better than each other, with a paired bootstrap over the requests."""
    best = measured[OURS].every
    return {
        name: evaluation.bootstrap([best[r].ndcg10 - other.every[r].ndcg10 for r in best])
        for name, other in measured.items()
        if name != OURS
    }


def cross_validated(
    judged: JudgedSet, meaning: Meaning | None, grid: Sequence[Weights] = GRID
) -> CrossValidated:
    """Each of FOLDS parts with the weights of `grid` that are best elsewhere: by nDCG@10, to two places (the
    rest is chance), then by recall@100."""
    by_weights = [_measured(ours(judged, meaning, weights), judged).every for weights in grid]
    requests = sorted(by_weights[0])
    random.Random(SEED).shuffle(requests)  # noqa: S311 – a fair split, not a secret
    held_out: list[Quality] = []
    chosen = set()
    for fold in range(FOLDS):
        part = set(requests[fold::FOLDS])
        rest = [request for request in requests if request not in part]

        def elsewhere(at: int, rest: Sequence[str] = rest) -> tuple[float, float]:
            found = [by_weights[at][request] for request in rest]
            return round(fmean(q.ndcg10 for q in found), 2), fmean(q.recall100 for q in found)

        best = max(range(len(grid)), key=elsewhere)
        chosen.add(best)
        held_out += [by_weights[best][request] for request in sorted(part)]
    return CrossValidated(
        ndcg10=evaluation.bootstrap([quality.ndcg10 for quality in held_out]),
        recall100=evaluation.bootstrap([quality.recall100 for quality in held_out]),
        chosen=len(chosen),
    )


def ours(judged: JudgedSet, meaning: Meaning | None, weights: Weights) -> Run:
    """Our ranking. It knows the words of all requests, as the application does; of no judgement."""
    index = indexed(judged, meaning, weights)
    return {id: [found for found, _ in index.ranked(asked, DEEP)] for id, asked in judged.requests.items()}


def people(judged: JudgedSet, meaning: Meaning | None, requests: int, first: int) -> dict[str, list[Hit]]:
    """The first people of some requests, by the request's text."""
    index = indexed(judged, meaning, Weights())
    return {asked: index.search(asked, first) for asked in list(judged.requests.values())[:requests]}


def indexed(judged: JudgedSet, meaning: Meaning | None, weights: Weights) -> TfidfIndex:
    """The set's offers and requests."""
    index = TfidfIndex(words, meaning, weights)
    for id, offer in judged.offers.items():
        index.put(id, words(offer), offer)
    for id, asked in judged.requests.items():
        index.put_request(id, {word.term for word in words(asked)})
    return index


def _peer(
    judged: JudgedSet, build: Callable[..., Callable[..., Sequence[int]]], form: Callable[[str], object]
) -> Run:
    ids = list(judged.offers)
    ask = build([form(offer) for offer in judged.offers.values()])
    return {id: [ids[row] for row in ask(form(asked), DEEP)] for id, asked in judged.requests.items()}


def _characters(texts: Sequence[str]) -> Callable[..., list[int]]:
    return peers.vectorized(TfidfVectorizer(analyzer="char", ngram_range=(2, 3), sublinear_tf=True), texts)


def _tokens(asked: str) -> list[str]:
    return [word.term for word in words(asked)]


def _measured(run: Run, judged: JudgedSet) -> Measured:
    return Measured(
        every=evaluation.by_query(run, judged.grades),
        grade2=evaluation.by_query(run, judged.grades, least_grade=2),
    )

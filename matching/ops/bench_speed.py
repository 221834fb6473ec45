"""How fast the ranking is, and how fast its peers are: the same process, texts and tokens, one thread."""

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from matching.engine.index import Document, TfidfIndex
from matching.engine.meaning import Meaning
from matching.engine.weights import Weights
from matching.ops import bench_texts as texts
from matching.ops.bench_peers import PEERS, SLOW, SLOW_FROM
from matching.ops.bench_texts import JudgedSet, Pieces

REQUESTS, UPSERTS, PAST = 200, 300, 100
LIMIT = 10
PATIENCE = 20.0  # seconds after which a peer is asked no more
POSTING_BYTES = 8  # a row's number and its strength, four bytes each
WORDS_ALONE = Weights(letters=0.0)


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured with `size` texts."""

    size: int
    build_s: float
    start_s: float  # from the snapshot to the first answer, in a process of its own
    memory_mb: float  # of that process then
    upsert: Times  # from a text to an index that has it
    lexical: Times
    fused: Times
    peers: Mapping[str, Times | None]  # None: too slow for so many texts, or not installed
    limit_ms: float  # what reading an ordinary request's postings takes at the memory's full speed


def measure(sets: Sequence[JudgedSet], size: int, meaning: Meaning, folder: Path) -> Speed:
    """`folder`: for what a new process starts from."""
    made = texts.offers(sets, size)
    asked = list(dict.fromkeys(texts.requests(sets, REQUESTS)))
    with threadpool_limits(1):
        fused = _fused(sets, made, asked, meaning, folder)
        lexical, limit_ms = _lexical(made, asked)
        tokens = [list(texts.terms(offer)) for offer in made]
        peers = {name: _peer(name, tokens, asked) for name in PEERS}
    return Speed(size=size, lexical=lexical, limit_ms=limit_ms, peers=peers, **fused)


def _fused(
    sets: Sequence[JudgedSet], made: Sequence[Pieces], asked: Sequence[Pieces], meaning: Meaning, folder: Path
) -> dict[str, Any]:
    index, build_s = _built(made, TfidfIndex(meaning=meaning))
    for number, request in enumerate(texts.requests(sets, PAST, seed=texts.SEED + 1)):
        index.put_request(str(number), set(texts.terms(request)))
    start_s, memory_mb = _start(index, meaning, folder, "\n".join(asked[0]))
    fused = _times(lambda request: index.search("\n".join(request), LIMIT), asked)
    new = [_document(offer) for offer in texts.offers(sets, UPSERTS, seed=texts.SEED + 1)]
    return {
        "build_s": build_s,
        "start_s": start_s,
        "memory_mb": memory_mb,
        "fused": fused,
        "upsert": _times(lambda document: _put(index, document), new),  # the last: it changes the index
    }


def _built(made: Sequence[Pieces], index: TfidfIndex) -> tuple[TfidfIndex, float]:
    for offer in made:
        list(texts.terms(offer))  # analysed before: what is measured is the index
    started = perf_counter()
    for number, offer in enumerate(made):
        words = [word for piece in offer for word in texts.words(piece)]
        index.put(f"{number:07d}", words, "\n".join(offer))
    index.compact()
    return index, perf_counter() - started


def _document(offer: Pieces) -> Document:
    return Document("\n".join(offer), {"title": offer[0], "body": "\n".join(offer[1:])})


def _put(index: TfidfIndex, document: Document) -> None:
    index.upsert(document)
    index.current()  # what the next search begins with


def _start(index: TfidfIndex, meaning: Meaning, folder: Path, request: str) -> tuple[float, float]:
    index.save(folder / "index")
    meaning.save(folder / "vectors")
    # A process of its own, made anew: nothing is loaded there, and its memory is the index's.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(_started, folder, request).result()


def _started(folder: Path, request: str) -> tuple[float, float]:
    """Seconds from the files to the first answer, and the process's megabytes then."""
    started = perf_counter()
    with threadpool_limits(1):
        index = TfidfIndex.load(folder / "index", meaning=Meaning.load(folder / "vectors"))
        index.search(request, LIMIT)
    seconds = perf_counter() - started
    status = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return seconds, kilobytes / 1000


def _lexical(made: Sequence[Pieces], asked: Sequence[Pieces]) -> tuple[Times, float]:
    analysed = {"\n".join(r): [word for piece in r for word in texts.words(piece)] for r in asked}
    index, _ = _built(made, TfidfIndex(analysed.__getitem__, weights=WORDS_ALONE))
    times = _times(lambda request: index.ranked("\n".join(request), LIMIT), asked)
    postings = median(float(index.columns.found(list(set(texts.terms(r))))[1].sum()) for r in asked)
    return times, 1000 * postings * POSTING_BYTES / _bandwidth()


def _bandwidth() -> float:
    """Bytes a second that one thread reads."""
    much = np.ones(1 << 26, dtype=np.float32)

    def seconds() -> float:
        started = perf_counter()
        much.dot(much)  # reads it once: both sides are the same
        return perf_counter() - started

    return much.nbytes / min(seconds() for _ in range(9))


def _peer(name: str, tokens: Sequence[Sequence[str]], asked: Sequence[Pieces]) -> Times | None:
    if name in SLOW and len(tokens) > SLOW_FROM:
        return None
    try:
        ask = PEERS[name](tokens)
    except ImportError:
        print(f"{name}: not installed", file=sys.stderr)
        return None
    return _times(lambda words: ask(words, LIMIT), [list(texts.terms(request)) for request in asked])


def _times(search: Callable[[Any], object], asked: Sequence[Any]) -> Times:
    """Each once, after a few for warming up."""
    for one in asked[:5]:
        search(one)
    gc.collect()
    taken: list[float] = []
    for one in asked:
        started = perf_counter()
        search(one)
        taken.append(1000 * (perf_counter() - started))
        if sum(taken) > 1000 * PATIENCE:
            break
    p50, p95 = np.percentile(taken, [50, 95])
    return Times(float(p50), float(p95))

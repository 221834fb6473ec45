"""The measurements as tables for the README: Markdown, in Japanese, with the machine and the day."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from matching.engine import evaluation
from matching.engine.evaluation import Interval, Quality
from matching.engine.explaining import Hit, TermWeight
from matching.ops.bench_peers import PEERS
from matching.ops.bench_quality import CrossValidated, Measured
from matching.ops.bench_speed import Speed, Times

SHOWN_REASONS = 3
QUALITY = (
    "順位のつけ方",
    "nDCG@10",
    "MRR@10",
    "再現率@10",
    "再現率@100",
    "評価2だけの nDCG@10",
    "同 再現率@100",
    "当方との差（nDCG@10）",
)


def machine(day: date) -> str:
    """One line: where and when it was measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    packages = " · ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn"))
    processor = f"{name or platform.machine()}（{os.cpu_count()} コアのうち1スレッド）"
    return f"{day}、{processor}、Python {platform.python_version()}、{packages}"


def quality(
    title: str, measured: Mapping[str, Measured], differences: Mapping[str, Interval]
) -> Iterator[str]:
    """One judged set: every ranking, and how much better ours is."""
    yield f"### {title}"
    yield ""
    yield from _head(QUALITY)
    for name, figures in measured.items():
        every, grade2 = (evaluation.mean(list(part.values())) for part in (figures.every, figures.grade2))
        better = _interval(differences[name], sign=True) if name in differences else "–"
        cells = [*_figures(every), *_figures(grade2)[::3]]
        yield _row([name, *cells, better])
    yield ""


def cross_validation(result: CrossValidated) -> Iterator[str]:
    """What is promised: every request ranked with weights that were chosen without it."""
    yield (
        f"交差検証（依頼を10に分け、重みはほかの9で選ぶ）: nDCG@10 {_interval(result.ndcg10)}、"
        f"再現率@100 {_interval(result.recall100)}（選ばれた重みは {result.chosen} 通り）。"
        "かっこ内は95%の区間。"
    )
    yield ""


def speed(measured: Sequence[Speed]) -> Iterator[str]:
    """Every size as a column."""
    yield "### 速さ（中央値 / 95%点、ミリ秒）"
    yield ""
    yield from _head(["", *(f"{one.size:,} 件" for one in measured)])
    rows = {
        "言葉だけで探す": [_times(one.lexical) for one in measured],
        "意味も合わせて探す（語の分割と理由つき）": [_times(one.fused) for one in measured],
        "一件を入れて次の検索に出る": [_times(one.upsert) for one in measured],
        **{name: [_times(one.peers[name]) for one in measured] for name in PEERS},
        "メモリの限界（1語8バイト）": [f"{one.limit_ms:.3f}" for one in measured],
        "限界の何倍か（言葉だけ）": [f"{one.lexical.p50 / one.limit_ms:.1f}" for one in measured],
        "起動（保存した索引から最初の答えまで、秒）": [f"{one.start_s:.2f}" for one in measured],
        "索引を作る（秒）": [f"{one.build_s:.1f}" for one in measured],
        "メモリ（MB）": [f"{one.memory_mb:,.0f}" for one in measured],
    }
    for name, cells in rows.items():
        yield _row([name, *cells])
    yield ""


def people(found: Mapping[str, Sequence[Hit]], offers: Mapping[str, str]) -> Iterator[str]:
    """Requests with the people who come first, and why."""
    for asked, hits in found.items():
        yield f"- {asked}"
        for hit in hits:
            why = " · ".join(_reason(term) for term in hit.terms[:SHOWN_REASONS])
            yield f"    - {hit.score:.2f} {hit.id} {offers[hit.id].splitlines()[0]}（{why}）"
    yield ""


def _reason(term: TermWeight) -> str:
    met = f"{term.via} ← {term.surface}" if term.via else term.surface
    return f"{met} {term.weight:.2f}"


def _figures(means: Quality | None) -> list[str]:
    if means is None:
        return ["–"] * 4
    return [f"{value:.3f}" for value in (means.ndcg10, means.mrr10, means.recall10, means.recall100)]


def _times(times: Times | None) -> str:
    return "–" if times is None else f"{times.p50:.2f} / {times.p95:.2f}"


def _interval(interval: Interval, *, sign: bool = False) -> str:
    form = "+.3f" if sign else ".3f"
    return f"{interval.mean:{form}} [{interval.low:{form}}, {interval.high:{form}}]"


def _head(cells: Sequence[str]) -> Iterator[str]:
    yield _row(cells)
    yield _row(["---"] * len(cells))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

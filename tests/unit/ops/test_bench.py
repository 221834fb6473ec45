"""The measurements: made-up texts are the same each time, peers find what is there, tables are tables."""

import json
from itertools import pairwise

import pytest

from matching import create_app
from matching.config import Settings
from matching.engine.evaluation import Interval, Quality
from matching.engine.weights import Weights
from matching.ops import bench_quality, bench_report, bench_texts
from matching.ops.bench_peers import PEERS
from matching.ops.bench_quality import OURS, CrossValidated, Measured, cross_validated, differences
from matching.ops.bench_speed import Speed, Times
from matching.ops.bench_texts import JUDGED, JudgedSet

SETS = [bench_texts.read(JUDGED)]


@pytest.mark.parametrize("made", [bench_texts.offers, bench_texts.requests])
def test_the_same_seed_makes_the_same_texts(made):
    assert made(SETS, 50) == made(SETS, 50) == made(SETS, 80)[:50]
    assert made(SETS, 50) != made(SETS, 50, seed=1)


def test_made_up_offers_are_new_texts_of_known_sentences():
    made = bench_texts.offers(SETS, 2000)
    known = " ".join(SETS[0].offers.values())
    assert all(piece in known for offer in made for piece in offer)
    assert not {"\n".join(offer) for offer in made} & set(SETS[0].offers.values())
    assert len(set(made)) > 0.97 * len(made)
    assert all(2 <= len(offer) <= 5 for offer in made)


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_puts_the_text_with_the_most_rare_words_first(name):
    ask = PEERS[name]([["歌", "声"], ["ミシン", "布", "声"], ["ミシン", "声", "声"], ["筆", "声"]])
    assert ask(["ミシン", "布", "声"], 4)[:2] == [1, 2]
    assert ask(["布", "知らない"], 4) == [1]
    assert len(ask(["声"], 2)) == 2


def test_a_small_run_prints_the_documented_object(tmp_path):
    app = create_app(_settings(tmp_path))
    done = app.test_cli_runner().invoke(args=["matcher", "bench", "--size", "300", "--json"])
    assert done.exit_code == 0, done.output
    measured = json.loads(done.stdout)
    assert list(measured) == [
        "size", "build_s", "start_s", "memory_mb", "upsert_ms", "lexical", "fused", "peers",
    ]  # fmt: skip
    assert measured["size"] == 300
    assert set(measured["peers"]) == {"sklearn", "bm25s_numpy", "bm25s_numba", "tantivy", "fts5"}
    for times in (measured["lexical"], measured["fused"], *measured["peers"].values()):
        assert 0 < times["p50_ms"] <= times["p95_ms"]
    assert min(measured[figure] for figure in ("build_s", "start_s", "memory_mb", "upsert_ms")) > 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--json"], "--size"),
        (["--size", "10", "--size", "20", "--json"], "--size"),
        (["--size", "0"], "--size"),
        (["--lexical", "/nowhere"], "--lexical"),
    ],
)
def test_what_cannot_be_measured_is_said_at_once(tmp_path, options, says):
    done = create_app(_settings(tmp_path)).test_cli_runner().invoke(args=["matcher", "bench", *options])
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_folder_without_the_files_is_said(tmp_path):
    arguments = ["matcher", "bench", "--lexical", str(tmp_path)]
    done = create_app(_settings(tmp_path)).test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 1
    assert "corpus.jsonl" in done.stderr


def test_cross_validation_uses_weights_that_are_best_on_the_other_folds():
    offers = {
        f"P{at}": f"{word}\nを教えます" for at, word in enumerate(["ミシン", "合唱", "習字", "将棋"] * 5)
    }
    requests = {
        f"R{at}": f"{word}を習いたい" for at, word in enumerate(["ミシン", "合唱", "習字", "将棋"] * 5)
    }
    grades = {request: {f"P{request[1:]}": 2} for request in requests}
    small = JudgedSet(offers, requests, grades)
    blind = Weights(saturation=1e9)  # every meeting is worth nothing
    found = cross_validated(small, None, [blind, Weights()])
    assert found.chosen == 1
    assert found.recall100.mean == 1.0
    assert cross_validated(small, None, [blind]).ndcg10.mean <= found.ndcg10.mean


def test_differences_are_of_the_same_requests():
    def measured(*ndcg: float) -> Measured:
        each = {f"R{at}": Quality(1, value, 1.0, 1.0, 1.0) for at, value in enumerate(ndcg)}
        return Measured(each, {})

    found = differences({"other": measured(0.2, 0.5, 0.4), OURS: measured(0.3, 0.6, 0.5)})
    assert list(found) == ["other"]
    assert (found["other"].mean, found["other"].low) == (pytest.approx(0.1), pytest.approx(0.1))


def test_the_tables_have_a_cell_for_every_head():
    judged = SETS[0]
    found = {name: bench_quality.measure(judged, None)[name] for name in (bench_quality.WORDS, OURS)}
    slow = dict.fromkeys(PEERS)
    speed = Speed(10, 1.0, 1.0, 200.0, Times(1, 2), Times(1, 2), Times(1, 2), slow, 0.5)
    half = Interval(0.5, 0.4, 0.6)
    lines = [
        *bench_report.quality("依頼", found, differences(found)),
        *bench_report.speed([speed, speed]),
        *bench_report.cross_validation(CrossValidated(half, half, 2)),
        *bench_report.people(bench_quality.people(judged, None, 2, 3), judged.offers),
    ]
    rows = [line.count("|") for line in lines if line.startswith("|")]
    assert sum(one != other for one, other in pairwise(rows)) == 1  # two tables
    assert "0.500 [0.400, 0.600]" in " ".join(lines)
    assert sum(line.startswith("    - ") for line in lines) == 6


def _settings(folder):
    return Settings(
        instance_path=folder,
        database_url=f"sqlite:///{folder / 'bench.sqlite3'}",
        secret_key="a key for tests",
        base_url="http://127.0.0.1:8000",
        mail_url=f"file://{folder / 'mail'}",
    )

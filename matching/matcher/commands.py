"""`flask matcher`: rank and plan from the command line, and measure the ranking on judged pairs."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select, true

from matching.engine import evaluation, meaning
from matching.engine.asked import Wish
from matching.engine.index import Document, TfidfIndex
from matching.engine.mending import Mend
from matching.engine.planning import total
from matching.engine.text import analyse
from matching.kernel.db import db
from matching.matcher import decisions, gateway, plan, plan_pages, queries
from matching.matcher import judged as pairs
from matching.registry.models import Registrant
from matching.requests.models import SupportRequest

matcher = AppGroup("matcher", help="Rank people for a text or a request; plan all open requests; measure.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@matcher.command()
@click.option("--text", help="What is wanted, in Japanese.")
@click.option("--request", "code", help="The code or external id of a request.")
@click.option("--limit", default=10, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True)
def rank(text: str | None, code: str | None, limit: int, as_json: bool) -> None:
    """The best people, with the words that met; of a request, with its gates too."""
    if (text is None) == (code is None):
        raise click.UsageError("--text か --request のどちらか一つを指定してください。")
    results = _for_text(text, limit) if text is not None else _for_request(code or "", limit)
    if as_json:
        click.echo(json.dumps({"results": results}, ensure_ascii=False))
        return
    for result in results:
        met = " · ".join(f"{t['via']} ← {t['surface']} {t['weight']:.2f}" for t in result["terms"])
        click.echo(f"{result['score']:.3f}  {result['id']}  {met}")


def _for_text(text: str, limit: int) -> list[dict[str, Any]]:
    wish = Wish(text)
    found = queries.rank(wish)[:limit]
    names = _public_ids([f.registrant_id for f in found])
    hits = gateway.running().explained(wish, [f.offering for f in found])
    return [_result(names[f.registrant_id], hits[f.offering].score, hits[f.offering].terms) for f in found]


def _for_request(code: str, limit: int) -> list[dict[str, Any]]:
    request = db.session.scalars(
        select(SupportRequest).where((SupportRequest.code == code) | (SupportRequest.external_id == code))
    ).first()
    if request is None:
        raise click.ClickException(f"依頼が見つかりません: {code}")
    found = queries.candidates(request, limit=limit, nearest=True)
    by_code = dict(
        db.session.execute(
            select(Registrant.code, Registrant.external_id).where(
                Registrant.code.in_([c.registrant for c in found])
            )
        ).all()
    )
    return [
        _result(by_code[c.registrant] or c.registrant, c.score, c.terms)
        | {"gates": [{"name": g.name, "passed": g.passed, "reason": g.reason} for g in c.gates]}
        for c in found
    ]


def _public_ids(ids: list[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(Registrant.id, Registrant.external_id, Registrant.code).where(Registrant.id.in_(ids))
    )
    return {id_: external or code for id_, external, code in rows}


def _result(name: str, score: float, terms: Any) -> dict[str, Any]:
    met = [{"term": t.term, "surface": t.surface, "via": t.via, "weight": t.weight} for t in terms]
    return {"id": name, "score": score, "terms": met}


@matcher.command()
def prepare() -> None:
    """Make this installation's word vectors and compiled loops, unless they are there: half a minute."""
    if meaning.Meaning.load(meaning.HOME) is None:
        meaning.reduced().save(meaning.HOME)
    index = TfidfIndex()
    index.upsert(Document("", {"": "学ぶ"}))
    index.search("学ぶ", 1)
    click.echo(f"{meaning.source()}: {meaning.HOME}")


@matcher.command("plan")
@click.option("--json", "as_json", is_flag=True)
def plan_(as_json: bool) -> None:
    """The best matches for all open requests at once, next to choosing one by one. Offers nothing."""
    outcome = plan.draw_up(true())
    words = plan_pages.Words(outcome)
    requests = outcome.case.requests
    names = {id_: request.external_id or request.code for id_, request in requests.items()}
    chosen = outcome.plan.chosen
    filled = Counter(pair.request for pair in chosen)
    result: dict[str, Any] = {
        "status": outcome.plan.status,
        "score": outcome.plan.score,
        "bound": outcome.plan.bound,
        "filled": outcome.plan.filled,
        "places": outcome.plan.places,
        "first_come": {"score": total(outcome.first_come), "filled": len(outcome.first_come)},
        "best_first": {"score": total(outcome.best_first), "filled": len(outcome.best_first)},
        "matches": [
            {
                "request": names[pair.request],
                "registrant": words.public_id(pair),
                "score": pair.score,
                "alternates": [words.public_id(other) for other in outcome.alternates.get(pair.request, ())],
            }
            for pair in chosen
        ],
        "unfilled": [
            {"request": names[id_], "relax": _relax(words, outcome.mends.get(id_))}
            for id_, places in outcome.case.problem.places.items()
            if filled[id_] < places
        ],
    }
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    click.echo(f"{result['filled']} / {result['places']}  {result['score']:.1f}（{result['status']}）")
    for match in result["matches"]:
        click.echo(f"{match['request']}  {match['registrant']}  {match['score']:.3f}")


def _relax(words: plan_pages.Words, mend: Mend | None) -> list[dict[str, Any]]:
    """The smallest set of gates to relax, of each person it would bring."""
    return [
        {"registrant": words.public_id(pair), "name": gate, "reason": step.because, "mend": step.to_do}
        for pair, gates in (mend.people if mend else ())
        for gate, step in words.steps(pair, gates).items()
    ]


@matcher.command()
@click.option("--corpus", type=FILE)
@click.option("--queries", "query_file", type=FILE)
@click.option("--qrels", type=FILE)
@click.option(
    "--from-decisions",
    is_flag=True,
    help="Measure on the city's own decisions instead of files: every offering, without musts and thesaurus.",
)
@click.option("--run", "run_file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def evaluate(
    corpus: Path | None,
    query_file: Path | None,
    qrels: Path | None,
    from_decisions: bool,
    run_file: Path | None,
    as_json: bool,
) -> None:
    """Rank a judged corpus by itself (BEIR files, or what was decided here); print nDCG, MRR and recall."""
    index = TfidfIndex(meaning=gateway.meaning())
    documents, asked, judged = _judged_set(corpus, query_file, qrels, from_decisions)
    for document in documents:
        body = {"title": document.get("title", ""), "body": document["text"]}
        index.upsert(Document(str(document["_id"]), body))
    for query in asked:  # what is asked here is what this place's requests are like
        index.put_request(str(query["_id"]), {word.term for word in analyse(query["text"])})
    hits = {str(query["_id"]): index.ranked(query["text"], evaluation.DEEP) for query in asked}
    if run_file:
        run_file.write_text(
            "".join(
                f"{query} Q0 {document} {place} {score:.6f} manabi\n"
                for query, found in hits.items()
                for place, (document, score) in enumerate(found, 1)
            ),
            encoding="utf-8",
        )
    run = {query: [document for document, _ in found] for query, found in hits.items()}
    quality = evaluation.evaluate(run, judged)
    if quality is None:
        raise click.ClickException("正解のある依頼が一つもありません。")
    grade2 = evaluation.evaluate(run, judged, least_grade=2)
    result = {"queries": quality.queries, "documents": len(documents)} | _figures(quality)
    result["grade2"] = {"queries": grade2.queries} | _figures(grade2) if grade2 else None
    click.echo(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2))


def _judged_set(
    corpus: Path | None, query_file: Path | None, qrels: Path | None, from_decisions: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, dict[str, int]]]:
    if from_decisions and not (corpus or query_file or qrels):
        found = decisions.judged()
        if not found[1]:
            raise click.ClickException("判断の記録がまだありません。打診や返事があると、ここで測れます。")
        return found
    if from_decisions or corpus is None or query_file is None or qrels is None:
        raise click.UsageError("--corpus と --queries と --qrels の三つか、--from-decisions のどちらかです。")
    try:
        return pairs.lines(corpus), pairs.lines(query_file), pairs.grades(qrels)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _figures(quality: evaluation.Quality) -> dict[str, Any]:
    return {
        "ndcg@10": quality.ndcg10,
        "mrr@10": quality.mrr10,
        "recall@10": quality.recall10,
        "recall@100": quality.recall100,
    }

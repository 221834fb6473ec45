"""`flask matcher`: rank from the command line, and measure the ranking on judged pairs."""

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from matching.engine import evaluation
from matching.engine.index import Document, TfidfIndex
from matching.kernel.db import db
from matching.matcher import judged as pairs
from matching.matcher import queries
from matching.registry.models import Registrant
from matching.requests.models import SupportRequest

matcher = AppGroup("matcher", help="Rank people for a text or a request; measure the ranking.")
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
    found = queries.rank(text)[:limit]
    names = _public_ids([f.registrant_id for f in found])
    return [_result(names[f.registrant_id], f.score, f.terms) for f in found]


def _for_request(code: str, limit: int) -> list[dict[str, Any]]:
    request = db.session.scalars(
        select(SupportRequest).where((SupportRequest.code == code) | (SupportRequest.external_id == code))
    ).first()
    if request is None:
        raise click.ClickException(f"依頼が見つかりません: {code}")
    found = queries.candidates(request, limit=limit)
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
@click.option("--corpus", type=FILE, required=True)
@click.option("--queries", "query_file", type=FILE, required=True)
@click.option("--qrels", type=FILE, required=True)
@click.option("--run", "run_file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def evaluate(corpus: Path, query_file: Path, qrels: Path, run_file: Path | None, as_json: bool) -> None:
    """Rank a judged corpus by itself (BEIR files) and print nDCG, MRR and recall."""
    index = TfidfIndex()
    try:
        documents, asked, judged = pairs.lines(corpus), pairs.lines(query_file), pairs.grades(qrels)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    for document in documents:
        body = {"title": document.get("title", ""), "body": document["text"]}
        index.upsert(Document(str(document["_id"]), body))
    hits = {str(query["_id"]): index.search(query["text"], evaluation.DEEP) for query in asked}
    if run_file:
        run_file.write_text(
            "".join(
                f"{query} Q0 {hit.id} {place} {hit.score:.6f} manabi\n"
                for query, found in hits.items()
                for place, hit in enumerate(found, 1)
            )
        )
    run = {query: [hit.id for hit in found] for query, found in hits.items()}
    quality = evaluation.evaluate(run, judged)
    if quality is None:
        raise click.ClickException("正解のある依頼が一つもありません。")
    grade2 = evaluation.evaluate(run, judged, least_grade=2)
    result = {"queries": quality.queries, "documents": len(documents)} | _figures(quality)
    result["grade2"] = {"queries": grade2.queries} | _figures(grade2) if grade2 else None
    click.echo(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2))


def _figures(quality: evaluation.Quality) -> dict[str, Any]:
    return {
        "ndcg@10": quality.ndcg10,
        "mrr@10": quality.mrr10,
        "recall@10": quality.recall10,
        "recall@100": quality.recall100,
    }

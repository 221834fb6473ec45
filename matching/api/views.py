"""The public API: what everybody may read, with an ETag, pages and a brake."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from functools import wraps
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from matching.api import documents, queries
from matching.indicators import figures, published, reports
from matching.kernel.access import public
from matching.kernel.clock import today
from matching.kernel.errors import Invalid
from matching.kernel.extensions import limiter
from matching.kernel.links import absolute
from matching.kernel.paging import MOST_DIGITS, Page
from matching.municipality.city import municipality

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
BRAKE = "120 per minute"  # for each address and process
SECONDS = 60
limiter.limit(BRAKE)(blueprint)


def _given(view: Callable[..., Response]) -> Callable[..., Response]:
    """The answer with an ETag; 304 where the reader has it already."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Response:
        response = view(*args, **kwargs)
        response.add_etag()
        response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
        return response.make_conditional(request.environ)

    return answer


@blueprint.get("/openapi.json")
@public
@_given
def document() -> Response:
    return _json(documents.document(municipality(), absolute("").rstrip("/")))


@blueprint.get("/indicators")
@public
@_given
def years() -> Response:
    return _json({"fiscal_years": figures.years()})


@blueprint.get("/indicators/<int:fiscal_year>")
@public
@_given
def indicators(fiscal_year: int) -> Response:
    return _json(published.as_json(reports.of_year(figures.begun(fiscal_year))))


@blueprint.get("/indicators/<int:fiscal_year>.csv")
@public
@_given
def indicators_csv(fiscal_year: int) -> Response:
    return _csv(published.as_csv(reports.of_year(figures.begun(fiscal_year))))


@blueprint.get("/requests")
@public
@_given
def requests() -> Response:
    found, page = queries.open_requests(_page())
    listed = {"total": page.total, "page": page.number, "pages": page.pages}
    response = _json(listed | {"requests": [asdict(one) for one in found]})
    response.headers["Link"] = ", ".join(_links(page))
    return response


@blueprint.get("/requests.csv")
@public
@_given
def requests_csv() -> Response:
    """The same page of the open requests, with the same links."""
    found, page = queries.open_requests(_page())
    headers = ("登録区分", "区", "オンライン", "はじめの日", "終わりの日", "空いている人数", "応募期限")
    names = {p.key: p.name for p in municipality().programmes.values()}
    rows = ((one.code, _cells(one, names)) for one in found)
    response = _csv(published.open_data(headers, rows, ward=1))
    response.headers["Link"] = ", ".join(_links(page))
    return response


@blueprint.get("/programmes.csv")
@public
@_given
def programmes_csv() -> Response:
    city = municipality()
    rows = ((p.key, (p.name, city.measures[p.measure].name, p.about)) for p in city.programmes.values())
    return _csv(published.open_data(("登録区分", "取組", "説明"), rows))


@blueprint.get("/programmes")
@public
@_given
def programmes() -> Response:
    rows = [
        {"programme": p.key, "name": p.name, "measure": p.measure, "about": p.about}
        for p in municipality().programmes.values()
    ]
    return _json({"programmes": rows})


@blueprint.get("/registry")
@public
@_given
def registry() -> Response:
    return _json({"registry": [asdict(row) for row in queries.registry()]})


@blueprint.get("/registry.csv")
@public
@_given
def registry_csv() -> Response:
    """One row for each programme and ward; few are an empty cell."""
    names, day = {p.key: p.name for p in municipality().programmes.values()}, today()
    rows = (
        (f"{row.programme}-{ward}", (names[row.programme], ward, number, day))
        for row in queries.registry()
        for ward, number in row.by_ward.items()
    )
    return _csv(published.open_data(("登録区分", "区", "有効な登録", "基準日"), rows, ward=1))


def _cells(one: queries.OpenRequest, names: Mapping[str, str]) -> tuple[Any, ...]:
    """An open request in the order of its CSV's headers."""
    programmes = ";".join(names[key] for key in one.programmes)
    online = "○" if one.online else ""
    return programmes, one.ward, online, one.first_date, one.last_date, one.places_left, one.deadline


def _page() -> int:
    typed = request.args.get("page", "1")
    if not (typed.isascii() and typed.isdigit() and len(typed) < MOST_DIGITS and int(typed) >= 1):
        raise Invalid("page", "ページは1からの番号にしてください。")
    return int(typed)


def _links(page: Page) -> Iterable[str]:
    """To the pages before and after, in the shape that was asked for."""
    here = str(request.endpoint)
    if page.number > 1:
        yield f'<{url_for(here, page=page.number - 1)}>; rel="prev"'
    if page.number < page.pages:
        yield f'<{url_for(here, page=page.number + 1)}>; rel="next"'


def _json(value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False, default=date.isoformat)
    return Response(text + "\n", mimetype="application/json")


def _csv(text: str) -> Response:
    return Response(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")

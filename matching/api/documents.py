"""The OpenAPI 3.1 document of the public API. The tests ask the API whatever it allows."""

from typing import Any

from matching.indicators.definitions import DEFINITIONS
from matching.kernel.paging import MOST_DIGITS
from matching.municipality.city import Municipality

TEXT, WHOLE, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
NUMBER = {"type": ["number", "null"]}
DAY = {"type": ["string", "null"], "format": "date"}
GRADE = {"enum": ["A", "B", "C", "D", None]}
Schema = dict[str, Any]


def document(city: Municipality, address: str) -> Schema:
    """The document for this city, at this address."""
    year = {
        "name": "fiscal_year", "in": "path", "required": True, "description": "年度（2026 は令和8年度）",
        "schema": {"type": "integer", "minimum": city.first_fiscal_year, "maximum": city.last_fiscal_year},
    }  # fmt: skip
    page = {
        "name": "page", "in": "query", "description": "ページ（1から）",
        "schema": {"type": "integer", "minimum": 1, "maximum": 10 ** (MOST_DIGITS - 1) - 1},
    }  # fmt: skip
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    missing = {"404": {"description": "その年度はまだないか、計画の外です", "content": problem}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{city.name} まなびの環 公開API",
            "version": "1",
            "description": "個人の情報と、依頼した団体の情報は入っていません。少ない人数は null です。",
        },
        "servers": [{"url": address}],
        "paths": {
            "/api/v1/indicators": _path("計画の、始まった年度", _json("Years"), []),
            "/api/v1/indicators/{fiscal_year}": _path("一つの年度の指標", _json("Report") | missing, [year]),
            "/api/v1/indicators/{fiscal_year}.csv": _path("同じものをCSVで", _csv() | missing, [year]),
            "/api/v1/requests": _path("募集中の依頼", _json("Requests") | _refused(problem), [page]),
            "/api/v1/requests.csv": _path("同じページをCSVで", _csv() | _refused(problem), [page]),
            "/api/v1/programmes": _path("登録区分", _json("Programmes"), []),
            "/api/v1/programmes.csv": _path("同じものをCSVで", _csv(), []),
            "/api/v1/registry": _path("登録の数", _json("Registry"), []),
            "/api/v1/registry.csv": _path("同じものをCSVで", _csv(), []),
        },
        "components": {"schemas": _schemas(city)},
    }


def _path(summary: str, responses: Schema, parameters: list[Schema]) -> Schema:
    same = {"304": {"description": "前に読んだときと同じ（If-None-Match）"}}
    many = {"429": {"description": "続けて読みすぎました"}}
    return {"get": {"summary": summary, "parameters": parameters, "responses": responses | same | many}}


def _json(name: str) -> Schema:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"200": {"description": "読めました", "content": content}}


def _csv() -> Schema:
    return {
        "200": {
            "description": "自治体標準オープンデータセットにならったCSV（UTF-8、BOMつき）",
            "content": {"text/csv": {"schema": TEXT}},
        }
    }


def _refused(problem: Schema) -> Schema:
    return {"422": {"description": "ページの番号が正しくありません", "content": problem}}


def _object(**properties: Schema) -> Schema:
    """An object that has just these, all of them."""
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _schemas(city: Municipality) -> Schema:
    programme = {"enum": list(city.programmes)}
    figures: dict[str, Schema] = {d.key: {**NUMBER, "description": d.sentence} for d in DEFINITIONS.values()}
    graded: dict[str, Schema] = {"target": NUMBER, "percent": NUMBER, "grade": GRADE, **figures}
    lines = _list(_object(programme=programme, **graded))
    measures = _list(_object(measure={"enum": list(city.measures)}, **graded, programmes=lines))
    found = _object(fiscal_year=WHOLE, value={"type": "number"})  # of the survey, in per cent
    return {
        "Problem": _object(title=TEXT, detail=TEXT, status=WHOLE, type=TEXT),
        "Years": _object(fiscal_years=_list(WHOLE)),
        "Report": _object(
            fiscal_year=WHOLE,
            closed=FLAG,
            running=FLAG,
            measures=measures,
            summary=_object(A=WHOLE, B=WHOLE, C=WHOLE, D=WHOLE),
            survey=_list(
                _object(
                    question=TEXT,
                    label=TEXT,
                    name=TEXT,
                    base={"anyOf": [found, {"type": "null"}]},
                    check_value=NUMBER,
                    values=_list(found),
                )
            ),
            halfway_review=TEXT,  # empty until half of the plan has passed
            head_hash={"type": ["string", "null"]},
        ),
        "Requests": _object(
            total=WHOLE,
            page=WHOLE,
            pages=WHOLE,
            requests=_list(
                _object(
                    code=TEXT,
                    programmes=_list(programme),
                    ward={"enum": list(city.wards)},
                    online=FLAG,
                    first_date=DAY,
                    last_date=DAY,
                    places_left=WHOLE,
                    deadline=DAY,
                )
            ),
        ),
        "Programmes": _object(
            programmes=_list(_object(programme=programme, name=TEXT, measure=WHOLE, about=TEXT))
        ),
        "Registry": _object(
            registry=_list(
                _object(
                    programme=programme,
                    in_force=WHOLE,
                    by_ward={"type": "object", "additionalProperties": {"type": ["integer", "null"]}},
                )
            )
        ),
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}

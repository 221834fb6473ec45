"""The gap as other programs read it: a row for each waiting request; the JSON of `flask indicators gap`."""

from collections.abc import Collection, Mapping
from typing import Any

from matching.indicators.gap import Gap, Part, Subject
from matching.kernel import spreadsheet

HEADERS: Mapping[str, str] = {
    "subject": "題材",
    "wanted": "講座で育てたい人数",
    "request": "依頼番号",
    "title": "件名",
    "reason": "わけ",
    "place": "区",
    "days": "日",
    "weekdays": "曜日",
    "seasons": "季節",
    "missing": "足りない人数",
    "able": "できる人",
    "ending": "もうすぐ期限",
}
NOT_YOURS = "（ほかの担当の依頼）"


def as_table(found: Gap, named: Collection[str], suffix: str) -> bytes:
    """.csv or .xlsx; requests not among `named` (codes) stand there without number and title."""
    rows = [row for subject in found.subjects for row in _rows(subject, named)]
    return spreadsheet.written(rows, HEADERS, suffix)


def _rows(subject: Subject, named: Collection[str]) -> list[dict[str, str]]:
    """The subject's own numbers stand in each of its rows, so that a filter keeps them."""
    part = subject.part
    hidden = len(subject.requests) == 1 and subject.requests[0].code not in named
    return [
        {
            "subject": NOT_YOURS if hidden else part.name,
            "wanted": str(part.wanted),
            "request": request.code if request.code in named else "",
            "title": request.title if request.code in named else NOT_YOURS,
            "reason": request.reason.label,
            "place": request.place,
            "days": ";".join(day.isoformat() for day in request.days),
            "weekdays": ";".join(request.weekdays),
            "seasons": ";".join(request.seasons),
            "missing": str(request.missing),
            "able": str(part.able),
            "ending": str(part.ending),
        }
        for request in subject.requests
    ]


def as_json(found: Gap, year: int) -> dict[str, Any]:
    """Requests by their public codes alone."""
    return {
        "fiscal_year": year,
        **_numbers(found.whole),
        "courses": [_subject(subject) for subject in found.courses],
        "met": [_subject(subject) for subject in found.met],
        "alone": [_subject(subject) for subject in found.alone],
        "places": {part.name: _numbers(part) for part in found.by_place},
        "weekdays": {part.name: _numbers(part) for part in found.by_weekday},
        "seasons": {part.name: _numbers(part) for part in found.by_season},
    }


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "name": subject.part.name,
        **_numbers(subject.part),
        "wanted": subject.part.wanted,
        "places": subject.places,
        "weekdays": subject.weekdays,
        "seasons": subject.seasons,
        "codes": [request.code for request in subject.requests],
    }


def _numbers(part: Part) -> dict[str, int]:
    return {
        "requests": part.requests,
        "missing": part.missing,
        "able": part.able,
        "ending": part.ending,
    }

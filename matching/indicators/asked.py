"""The fiscal year an address asks for."""

from http import HTTPStatus

from flask import abort

from matching.indicators import figures


def begun(fiscal_year: int) -> int:
    """The year, where it has begun in the plan; any other is not found."""
    if fiscal_year not in figures.years():
        abort(HTTPStatus.NOT_FOUND)
    return fiscal_year

"""Long lists, a page at a time."""

from dataclasses import dataclass

from flask import request
from sqlalchemy import Select

from matching.kernel.db import db

PAGE = 50
MOST_DIGITS = 7  # of a page's number


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of how many; `total` counts the rows of all of them."""

    number: int
    pages: int
    total: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a list too long to be counted each time: its number, and whether another one follows."""

    number: int
    more: bool

    @property
    def pages(self) -> int:
        """As far as is known."""
        return self.number + self.more


def page_of(total: int, wanted: int) -> Page:
    """A page too far is the last."""
    pages = max(1, -(-total // PAGE))
    return Page(min(max(wanted, 1), pages), pages, total, PAGE)


def ids_in_turn(first: Select[int], then: Select[int], before: int, offset: int, most: int) -> list[int]:
    """`most` ids from `offset` on of a list in two parts; `before`: how many the first part has.

    The second part is years long, and is read only where the first does not fill the page.
    """
    ids = [*db.session.scalars(first.offset(offset).limit(most))]
    if len(ids) < most:
        begun = max(0, offset - before)
        ids += db.session.scalars(then.offset(begun).limit(most - len(ids)))
    return ids


def wanted_page() -> int:
    """The page the address asks for; what is no number from 1 on is the first."""
    asked = request.args.get("page", "")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < MOST_DIGITS else 1

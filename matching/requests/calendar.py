"""The coordinators' calendar of days a series leaves out (school holidays). Empty at first."""

from datetime import date

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.db import db
from matching.kernel.errors import Invalid
from matching.requests.models import CalendarDay
from matching.requests.series import Closed


def listed(since: date) -> list[CalendarDay]:
    """What is in the calendar from this day on, earliest first."""
    return list(
        db.session.scalars(
            select(CalendarDay).where(CalendarDay.last_day >= since).order_by(CalendarDay.first_day)
        )
    )


def closed(first: date, last: date) -> list[Closed]:
    """What the calendar leaves out between two days."""
    found = select(CalendarDay).where(CalendarDay.first_day <= last, CalendarDay.last_day >= first)
    return [
        Closed(row.name, row.first_day, row.last_day)
        for row in db.session.scalars(found.order_by(CalendarDay.first_day))
    ]


def add_days(actor: Account, name: str, first: date, last: date | None) -> CalendarDay:
    """Leave out one day, or all from `first` to `last`. Writing the same again changes nothing."""
    last = last or first
    if last < first:
        raise Invalid("last_day", "終わりの日を、始まりの日より後にしてください。")
    known = db.session.scalars(select(CalendarDay).filter_by(first_day=first, last_day=last)).first()
    if known is not None:
        return known
    row = CalendarDay(name=name, first_day=first, last_day=last)
    db.session.add(row)
    db.session.flush()
    audit.record(actor, "calendar.add", row)
    return row


def remove_days(actor: Account, row: CalendarDay) -> None:
    """Series written from now on keep these days; dates already written stay as they are."""
    audit.record(actor, "calendar.remove", row)
    db.session.delete(row)

"""The person's own word on when they can come, changed at any time: hours, absences, areas, a pause.

Every verb names the version of the page it was said on; a stale one is refused (Conflict), nothing is lost.
"""

from collections.abc import Iterable
from datetime import date

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.clock import today
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid
from matching.municipality.city import municipality
from matching.registry import rules
from matching.registry.models import Blackout, Registrant, WeeklyHours
from matching.registry.rules import Hours

MOST_ABSENCES = 50


def set_place_and_number(
    actor: Account, registrant: Registrant, version: int, *, areas: Iterable[str], monthly_limit: int | None
) -> None:
    """Wards served (none: all) and the most activities a month (None: no limit)."""
    _begin(registrant, version)
    chosen = set(areas)
    registrant.areas = [ward for ward in municipality().wards if ward in chosen]
    registrant.monthly_limit = monthly_limit
    audit.record(actor, "availability.set_place_and_number", registrant)


def add_hours(actor: Account, registrant: Registrant, version: int, hours: Iterable[Hours]) -> None:
    """Free at these hours too. Invalid where one ends before it begins."""
    added = list(hours)
    if any(starts >= ends for _, starts, ends in added):
        raise Invalid("ends", "終わりの時刻を、始まりより後にしてください。")
    _begin(registrant, version)
    known = [(row.weekday, row.starts, row.ends) for row in registrant.weekly_hours]
    registrant.weekly_hours = [
        WeeklyHours(weekday=weekday, starts=starts, ends=ends)
        for weekday, starts, ends in rules.merged_hours([*known, *added])
    ]
    audit.record(actor, "availability.add_hours", registrant)


def remove_hours(actor: Account, registrant: Registrant, version: int, key: str | None = None) -> None:
    """No longer free at the hours with this key; None: all of them go, which means at any time."""
    _begin(registrant, version)
    registrant.weekly_hours = [row for row in registrant.weekly_hours if key and str(row.id) != key]
    audit.record(actor, "availability.remove_hours", registrant)


def add_absence(
    actor: Account, registrant: Registrant, version: int, first_day: date, last_day: date
) -> None:
    """Away from the first day to the last. What is arranged stays arranged."""
    if last_day < first_day:
        raise Invalid("last_day", "最後の日を、最初の日と同じか、その後にしてください。")
    if last_day < today():
        raise Invalid("last_day", "すでに過ぎた日です。これからの日を選んでください。")
    _begin(registrant, version)
    if len(registrant.blackouts) >= MOST_ABSENCES:
        raise Invalid("first_day", f"不在の予定は{MOST_ABSENCES}件までです。要らないものを消してください。")
    registrant.blackouts.append(Blackout(first_day=first_day, last_day=last_day))
    audit.record(actor, "availability.add_absence", registrant)


def remove_absence(actor: Account, registrant: Registrant, version: int, key: str) -> None:
    """There on those days after all."""
    _begin(registrant, version)
    registrant.blackouts = [row for row in registrant.blackouts if str(row.id) != key]
    audit.record(actor, "availability.remove_absence", registrant)


def pause(actor: Account, registrant: Registrant, version: int, until: date | None) -> None:
    """Rest from today: nobody is asked who rests. What is arranged stays arranged."""
    if until is not None and until < today():
        raise Invalid("until", "すでに過ぎた日です。これからの日を選んでください。")
    _begin(registrant, version)
    registrant.paused_from, registrant.paused_until = today(), until
    audit.record(actor, "availability.pause", registrant, until=until.isoformat() if until else None)


def resume(actor: Account, registrant: Registrant) -> None:
    """Asked again from now on. Doing so again changes nothing."""
    db.session.refresh(registrant, with_for_update=True)
    if registrant.paused_from is None:
        return
    registrant.paused_from = registrant.paused_until = None
    registrant.availability_version += 1
    audit.record(actor, "availability.resume", registrant)


def _begin(registrant: Registrant, version: int) -> None:
    db.session.refresh(registrant, with_for_update=True)
    if registrant.availability_version != version:
        raise Conflict("ほかの画面で先に変えられました。今の内容を確かめて、もう一度送ってください。")
    registrant.availability_version += 1

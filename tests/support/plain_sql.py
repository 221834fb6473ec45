"""Every figure of a year once more, in plain SQL and nothing of ours: what ours must equal."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import text

STANDING = """
    e.kind = 'count' AND e.fiscal_year = :year AND NOT EXISTS (
      SELECT 1 FROM ledger_entry r WHERE r.kind = 'reversal' AND r.match = e.match AND r.round = e.round
        AND r.fiscal_year = :year)
"""
NET = """
    SELECT sum(CASE WHEN kind = 'count' THEN 1 ELSE -1 END),
           sum(CASE WHEN kind = 'count' THEN minutes ELSE -minutes END)
    FROM ledger_entry WHERE fiscal_year = :year AND {where}
"""
DISTINCT = """
    SELECT count(DISTINCT coalesce(
             (SELECT p.pseudonym FROM registrant_alias a JOIN registrant p ON p.id = a.registrant_id
              WHERE a.pseudonym = e.registrant), e.registrant)),
           count(DISTINCT e.organisation), count(DISTINCT CASE WHEN e.district <> '' THEN e.district END),
           count(*), sum(CASE WHEN e.online THEN 1 ELSE 0 END)
    FROM ledger_entry e WHERE {standing} AND {where}
"""
REACHED = """
    SELECT sum(most) FROM (
      SELECT max(e.participants) AS most FROM ledger_entry e
      WHERE {standing} AND {where} GROUP BY e.request) AS r
"""
REGISTRATIONS = """
    SELECT sum(CASE WHEN approved_at < :day_end AND status NOT IN ('draft', 'submitted', 'returned')
                 AND (valid_until IS NULL OR valid_until >= :day)
                 AND (ended_at IS NULL OR ended_at >= :day_end)
               THEN 1 ELSE 0 END),
           sum(CASE WHEN approved_at >= :first AND approved_at < :next THEN 1 ELSE 0 END)
    FROM registration WHERE programme IN ({keys})
"""
ENDED = """
    SELECT q.id, q.headcount, q.opened_at FROM support_request q
    WHERE q.opened_at IS NOT NULL AND q.status IN ('filled', 'closed', 'unmet')
      AND (SELECT p.programme FROM request_programme p WHERE p.request_id = q.id ORDER BY p.position LIMIT 1)
          IN ({keys})
      AND ((q.term_start >= :april AND q.term_start <= :until)
        OR ((SELECT max(s.starts_at) FROM request_session s WHERE s.request_id = q.id) >= :first
        AND (SELECT max(s.starts_at) FROM request_session s WHERE s.request_id = q.id) < :due))
"""
SAID_YES = """
    SELECT coalesce(answered_at, offered_at, created_at) FROM match WHERE request_id = :request
      AND status IN ('accepted', 'reported', 'completed', 'voided', 'no_show')
"""
COMPLETED = """
    SELECT count(*) FROM course_participant p JOIN course c ON c.id = p.course_id
    WHERE p.completed_at IS NOT NULL AND c.fiscal_year = :year AND c.kind IN ({kinds})
"""
TOKYO = ZoneInfo("Asia/Tokyo")


def recompute(connection, city, year, today):
    """Scope (a measure's number or a programme's key) → figure → value, rounded as they are shown."""
    keys = {str(n): [p.key for p in city.programmes.values() if p.measure == n] for n in city.measures}
    keys |= {key: [key] for key in city.programmes}
    return {scope: _figures(connection, city, year, today, scope, some) for scope, some in keys.items()}


def _figures(connection, city, year, today, scope, keys):
    sqlite = connection.dialect.name == "sqlite"

    def moment(day):
        at = datetime(day.year, day.month, day.day, tzinfo=TOKYO).astimezone(UTC)
        return at.replace(tzinfo=None).isoformat(" ", "microseconds") if sqlite else at

    def one(statement, **values):
        return connection.execute(text(statement), values).one()

    day = min(date(year + 1, 3, 31), today)
    bounds = {
        "first": moment(date(year, 4, 1)),
        "next": moment(date(year + 1, 4, 1)),
        "due": moment(min(date(year + 1, 4, 1), today + timedelta(days=1))),
        "day_end": moment(day + timedelta(days=1)),
    }
    days = {"april": date(year, 4, 1), "until": day}
    dates = {name: value.isoformat() if sqlite else value for name, value in days.items()}
    where = f"measure = {scope}" if scope.isdigit() else f"programme = '{scope}'"
    quoted = ", ".join(f"'{key}'" for key in keys)
    matches, minutes = one(NET.format(where=where), year=year)
    people, organisations, districts, standing, online = one(
        DISTINCT.format(standing=STANDING, where=f"e.{where}"), year=year
    )
    (reached,) = one(REACHED.format(standing=STANDING, where=f"e.{where}"), year=year)
    names = ("first", "next", "day_end")
    in_force, new = one(
        REGISTRATIONS.format(keys=quoted),
        **{name: bounds[name] for name in names},
        day=day.isoformat() if sqlite else day,
    )
    ended = connection.execute(
        text(ENDED.format(keys=quoted)), {"first": bounds["first"], "due": bounds["due"], **dates}
    ).all()
    places = filled = 0
    waited = []
    for request, headcount, opened in ended:
        yes = sorted(row[0] for row in connection.execute(text(SAID_YES), {"request": request}))
        places, filled = places + headcount, filled + min(headcount, len(yes))
        if len(yes) >= headcount:
            waited.append((_tokyo(yes[headcount - 1]) - _tokyo(opened)).days)
    kinds = [kind.key for kind in city.course_kinds.values() if set(kind.programmes) & set(keys)]
    completed = one(COMPLETED.format(kinds=", ".join(f"'{k}'" for k in kinds)), year=year)[0] if kinds else 0
    return {
        "completed_matches": int(matches or 0),
        "people_active": people,
        "activation_rate": _share(people, int(in_force or 0)),
        "organisations": organisations,
        "districts": districts,
        "activity_minutes": int(minutes or 0),
        "participants": int(reached or 0),
        "online_share": _share(int(online or 0), standing),
        "fill_rate": _share(filled, places),
        "days_to_fill": _rounded(Decimal(str(median(waited)))) if waited else None,
        "new_registrations": int(new or 0),
        "course_completions": completed,
    }


def _tokyo(moment):
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(TOKYO).date()


def _share(part, whole):
    return _rounded(Decimal(100) * part / whole) if whole else None


def _rounded(value):
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)

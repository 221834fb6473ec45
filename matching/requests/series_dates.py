"""The dates of the request's form: a series written out, last year's dates moved on."""

from datetime import date, datetime

from matching.kernel.clock import TOKYO, today
from matching.kernel.errors import Invalid
from matching.requests import calendar, forms, rules
from matching.requests.models import SupportRequest
from matching.requests.series import series

ASKED = ("series_weekday", "series_first", "series_last", "series_starts", "series_ends")
LONGEST_DAYS = 366


def add_to(form: forms.RequestForm) -> tuple[tuple[date, str], ...]:
    """Write the series' dates beside those there are; returns the days left out, each with its name."""
    for name in ASKED:
        if form[name].errors or form[name].data in (None, ""):
            raise Invalid(name, f"くりかえしの「{form[name].label.text}」を入れてください。")
    first, last = form.series_first.data, form.series_last.data
    if last < first:
        raise Invalid("series_last", "終わりの日を、始まりの日より後にしてください。")
    if (last - first).days > LONGEST_DAYS:
        raise Invalid("series_last", "一度に並べられるのは1年分までです。")
    if form.series_weekday.data not in form.series_weekday.choices:
        raise Invalid("series_weekday", "曜日を一覧から選んでください。")
    starts, ends = form.series_starts.data, form.series_ends.data
    if starts >= ends:
        raise Invalid("series_ends", "終わりの時刻を、始まりより後にしてください。")
    found = series(int(form.series_weekday.data), first, last, calendar.closed(first, last))
    if not found.days:
        raise Invalid("series_last", "この期間には、並べる日がありません。期間か曜日を直してください。")
    form.sessions.entries = [entry for entry in form.sessions if _typed(entry)]
    written = {(entry.form.day.data, entry.form.starts.data) for entry in form.sessions}
    new = [day for day in found.days if (day, starts) not in written]
    if len(form.sessions) + len(new) > forms.MOST_SESSIONS:
        raise Invalid("series_last", f"日時は{forms.MOST_SESSIONS}回までです。期間を短くしてください。")
    for day in new:
        form.sessions.append_entry({"day": day, "starts": starts, "ends": ends})
    return found.left_out


def a_year_on(form: forms.RequestForm, request: SupportRequest) -> None:
    """The form's dates a year later on the same weekday; the deadline is to be chosen anew."""
    spans = [(session.starts_at, session.ends_at) for session in request.sessions]
    for entry, (starts, ends) in zip(form.sessions, rules.a_year_on(spans, today()), strict=True):
        entry.form.day.data = starts.astimezone(TOKYO).date()
        entry.form.starts.data, entry.form.ends.data = _time(starts), _time(ends)
    for name in {"deadline", "term_start", "term_end"} & set(form._fields):
        form[name].data = None
    form.version.data = ""


def _time(moment: datetime):  # type: ignore[no-untyped-def]
    return moment.astimezone(TOKYO).time()


def _typed(entry) -> bool:  # type: ignore[no-untyped-def]
    """Whether something stands in one of the date's fields."""
    return any(field.data or any(field.raw_data or ()) for field in (entry.day, entry.starts, entry.ends))

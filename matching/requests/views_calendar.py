"""The coordinators' calendar of days a series leaves out."""

from http import HTTPStatus

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.clock import today
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid
from matching.requests import calendar, forms
from matching.requests.models import CalendarDay
from matching.requests.views import UNPROCESSABLE, Answer, blueprint


@blueprint.route("/calendar", methods=["GET", "POST"])
@action("calendar.edit")
def calendar_page() -> Answer:
    form = forms.CalendarForm()
    if form.validate_on_submit():
        try:
            with transaction():
                calendar.add_days(actor(), form.name.data, form.first_day.data, form.last_day.data)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("カレンダーに加えました。これから並べる日時では、この日を除きます。", "success")
            return _to_calendar()
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("requests/calendar.html", form=form, days=calendar.listed(today())), status


@blueprint.post("/calendar/<calendar_day>/remove")
@action("calendar.edit", calendar_day=CalendarDay)
def remove_days(calendar_day: CalendarDay) -> Response:
    with transaction():
        calendar.remove_days(actor(), calendar_day)
    flash("カレンダーから消しました。")
    return _to_calendar()


def _to_calendar() -> Response:
    return redirect(url_for("requests.calendar_page"), HTTPStatus.SEE_OTHER)

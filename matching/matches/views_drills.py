"""校区ごとの自主防災活動."""

from flask import Blueprint, render_template

from matching.kernel.access import action, actor
from matching.kernel.clock import fiscal_year, today
from matching.matches import queries_drills
from matching.registry import queries_leaders

blueprint = Blueprint("drills", __name__)


@blueprint.get("/drills")
@action("drill.list")
def index() -> str:
    return render_template(
        "matches/drills.html",
        wards=queries_drills.districts(actor()),
        leaders=queries_leaders.districts(actor()),
        year=fiscal_year(today()),
    )

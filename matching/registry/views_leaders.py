"""地域防災リーダー of a school district: for the city's office and the district's own disaster bodies."""

from flask import render_template, request

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import NotFound
from matching.registry import queries_leaders
from matching.registry.services.leaders import tell
from matching.registry.views import blueprint


@blueprint.get("/leaders")
@action("leader.list")
def leaders() -> str:
    """The school districts the reader may ask about, or one of them: how many leaders, and no name yet."""
    found = queries_leaders.districts(actor())
    district = _district() if "school_district" in request.args else None
    return render_template("registry/leaders.html", districts=found, district=district, people=None)


@blueprint.post("/leaders")
@action("leader.list")
def see_leaders() -> str:
    """氏名と連絡先を見る: the disclosures are written first, then shown in the answer."""
    district = _district()
    with transaction():
        people = tell(actor(), district)
    return render_template("registry/leaders.html", districts={}, district=district, people=people)


def _district() -> str:
    district = request.args.get("school_district", "")
    if district not in queries_leaders.districts(actor()):
        raise NotFound("ページが見つかりません。")
    return district

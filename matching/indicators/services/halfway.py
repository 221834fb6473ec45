"""Writing the text of the half-way review (中間見直し). Who wrote when stays in the audit events."""

from matching.accounts.models import Account
from matching.indicators.models import HalfwayReview
from matching.kernel import audit
from matching.kernel.db import db
from matching.kernel.errors import Conflict
from matching.municipality.city import municipality


def write_halfway(actor: Account, text: str, version: int) -> HalfwayReview:
    """Keep the text, beforehand too: it is shown from the halfway year on. Conflict: written meanwhile."""
    year = municipality().halfway_year
    review = db.session.get(HalfwayReview, year, with_for_update=True)
    if review is None:
        review = HalfwayReview(fiscal_year=year, text="", version=1)
        db.session.add(review)
        db.session.flush()
    if review.version != version:
        raise Conflict("ほかの人が先に書きかえました。")
    review.text, review.version = text, version + 1
    audit.record(actor, "halfway.write", review)
    db.session.flush()
    return review

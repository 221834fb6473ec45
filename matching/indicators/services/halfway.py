"""Writing the text of the half-way review (中間見直し). Every text that stood stays on record."""

from matching.accounts.models import Account
from matching.indicators.models import HalfwayChange, HalfwayReview
from matching.kernel import audit
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Conflict
from matching.municipality.city import municipality


def write_halfway(actor: Account, text: str, version: int) -> HalfwayReview:
    """Keep the text, beforehand too: it is shown from the halfway year on. The same again changes nothing.

    Conflict: written meanwhile.
    """
    year = municipality().halfway_year
    review = db.session.get(HalfwayReview, year, with_for_update=True)
    if review is None:
        review = HalfwayReview(fiscal_year=year, text="", version=1)
        db.session.add(review)
        db.session.flush()
    if review.version != version:
        raise Conflict("ほかの人が先に書きかえました。")
    if review.text == text:
        return review
    review.text, review.version = text, version + 1
    db.session.add(HalfwayChange(fiscal_year=year, text=text, at=now(), by_id=actor.id))
    audit.record(actor, "halfway.write", review)
    db.session.flush()
    return review

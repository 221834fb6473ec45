"""What the page of a template asks first, and what stands below it under ほかの条件."""

from matching.municipality.city import ASKABLE, RequestTemplate
from matching.requests.forms import RequestForm

MINORS = ("minors", "teacher_present", "continuing", "one_to_one")
SEAT = ("council", "term_start", "term_end")


def below(template: RequestTemplate | None, *, seats: bool) -> list[str]:
    """Names of fields; none without a template. A seat has no dates and no children, others have no term.

    `seats`: whether the organisation may ask for council seats at all.
    """
    if template is None:
        return []
    other_kind = ("sessions", *MINORS) if template.seat else SEAT if seats else ()
    return [*(name for name in ASKABLE if name not in template.asks), *other_kind]


def seat(form: RequestForm, template: RequestTemplate | None) -> bool:
    """Whether a council seat is asked for: it has a term instead of dates."""
    dated = any(entry.form.day.data for entry in form.sessions)
    return bool(form.term_start.data) or (template is not None and template.seat and not dated)

"""What an offering says beside its text, as a page says it."""

from matching.kernel.labels import named
from matching.municipality.city import municipality
from matching.municipality.rulebook import DETAILS, PUBLISHABLE
from matching.registry.models import Fee, Format, Level, Offering


def formats(offering: Offering) -> str:
    return "、".join(found.label for value in offering.formats if (found := named(Format, value)))


def fee(offering: Offering) -> str:
    """The wish; a sum stands as its digits."""
    known = named(Fee, offering.fee)
    return known.label if known else offering.fee and f"{offering.fee}円"


def details(offering: Offering) -> list[tuple[str, str]]:
    """(what it is, what is written) of those that are filled in."""
    level = named(Level, offering.level)
    said = {
        "formats": formats(offering),
        "fee": fee(offering),
        "level": level.label if level else "",
        "capacity": f"{offering.capacity}人" if offering.capacity else "",
        "minutes": f"{offering.minutes}分" if offering.minutes else "",
        "equipment": offering.equipment,
        "disaster": municipality().disasters.get(offering.disaster, offering.disaster),
        "record_title": offering.record_title,
        "record_place": offering.record_place,
        "record_year": f"{offering.record_year}年" if offering.record_year else "",
    }
    labels = {name: PUBLISHABLE[name] for name in ("formats", "fee")} | DETAILS
    return [(label, said[name]) for name, label in labels.items() if said[name]]

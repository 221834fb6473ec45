"""What some programmes ask of an offering besides, as a page says it."""

from matching.kernel.labels import named
from matching.municipality.city import municipality
from matching.municipality.rulebook import DETAILS
from matching.registry.models import Level, Offering


def details(offering: Offering) -> list[tuple[str, str]]:
    """(what it is, what is written) of those that are filled in."""
    level = named(Level, offering.level)
    said = {
        "level": level.label if level else "",
        "capacity": f"{offering.capacity}人" if offering.capacity else "",
        "minutes": f"{offering.minutes}分" if offering.minutes else "",
        "equipment": offering.equipment,
        "disaster": municipality().disasters.get(offering.disaster, offering.disaster),
        "record_title": offering.record_title,
        "record_place": offering.record_place,
        "record_year": f"{offering.record_year}年" if offering.record_year else "",
    }
    return [(label, said[name]) for name, label in DETAILS.items() if said[name]]

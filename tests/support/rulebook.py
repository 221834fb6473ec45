"""A programme's rules as if the city had entered them in programmes.toml."""

import dataclasses

from matching.municipality.city import municipality
from matching.municipality.rulebook import read_rules

ARTICLE = "要綱第99条"


def enter_rules(app, monkeypatch, programme, articles=None, **values):
    """Read as the loader reads them, each with ARTICLE, until the test ends."""
    city = municipality()
    entered = {key: {"value": value, "article": ARTICLE} for key, value in values.items()}
    rules = read_rules(entered, city.words)
    changed = dataclasses.replace(city.programmes[programme], articles=articles or {}, **rules)
    programmes = {**city.programmes, programme: changed}
    monkeypatch.setitem(app.extensions, "municipality", dataclasses.replace(city, programmes=programmes))

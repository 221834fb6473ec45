"""Every pair of colours in use is legible: WCAG 2.2 AA, recomputed from the tokens."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "css"
TOKENS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", (CSS / "tokens.css").read_text()))
TEXT = 4.5
SHAPE = 3.0
PAIRS = [
    *(
        ("ink", ground, TEXT)
        for ground in ("white", "sand", "ginkgo-pale", "indigo-pale", "paper", "brick-pale")
    ),
    *(("muted", ground, TEXT) for ground in ("white", "sand", "paper")),
    *(("link", ground, TEXT) for ground in ("white", "sand", "paper")),
    *(("indigo", ground, TEXT) for ground in ("white", "indigo-pale", "sand")),
    *(("white", ground, TEXT) for ground in ("indigo", "indigo-deep")),
    *(("leaf", ground, TEXT) for ground in ("white", "leaf-pale", "paper")),
    ("amber", "amber-pale", TEXT),
    *(("brick", ground, TEXT) for ground in ("white", "brick-pale", "paper", "sand")),
    *(
        (f"measure-{number}", ground, TEXT)
        for number in (1, 2, 3, 4)
        for ground in ("white", "sand", "paper")
    ),
    *(("border", ground, SHAPE) for ground in ("white", "sand")),
    *((part, "hairline", SHAPE) for part in ("indigo", "measure-1", "measure-2", "measure-3", "measure-4")),
]


def luminance(colour):
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_contrast(text, ground, least):
    light, dark = sorted((luminance(TOKENS[text]), luminance(TOKENS[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def test_colours_are_named_in_one_place_only():
    for sheet in CSS.glob("*.css"):
        if sheet.name != "tokens.css":
            assert not re.search(r"#[0-9a-f]{3,6}\b", sheet.read_text()), sheet.name

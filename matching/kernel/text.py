"""Characters: which ones are refused, and how typed text is kept."""

import re
import unicodedata

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # refused everywhere
LINE_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # refused where one line is meant
DIRECTIONS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
REFUSED = "使えない文字（制御文字）が入っています"


def clean(value: str | None) -> str:
    """NFC without invisible direction marks and outer blanks; nothing else is changed."""
    return DIRECTIONS.sub("", unicodedata.normalize("NFC", value)).strip() if value else ""


def folded(text: str) -> str:
    """NFKC without outer blanks: for reading only, never for keeping a name."""
    return unicodedata.normalize("NFKC", text).strip()

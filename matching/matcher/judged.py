"""Judged pairs as files (BEIR): offers and requests as JSON Lines, grades as a table."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any


def lines(path: Path) -> list[dict[str, Any]]:
    """One object a line. ValueError: the file has another form."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if not all(
            isinstance(row, dict) and "_id" in row and isinstance(row.get("text"), str) for row in rows
        ):
            raise ValueError("_id, text")
        return rows
    except ValueError as error:
        raise ValueError(f"{path.name}: JSON Lines の形ではありません（{error}）") from error


def grades(path: Path) -> dict[str, dict[str, int]]:
    """Request → offer → grade. ValueError: the file has another form."""
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], 2):
        cells = line.split("\t")
        if len(cells) != 3 or not cells[2].strip().isdigit():  # noqa: PLR2004 – query, document, grade
            raise ValueError(f"{path.name} {number}行目: 依頼・文書・評価をタブで区切ってください。")
        judged[cells[0]][cells[1]] = int(cells[2])
    return judged

"""Kinds of credentials and of courses, as the municipality's credentials.toml says them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CredentialKind:
    """One 資格; see credentials.toml for what each value means."""

    key: str
    name: str
    issuer: str
    implies: tuple[str, ...] = ()
    number_pattern: str = ""
    number_help: str = ""
    expires: bool = False


@dataclass(frozen=True, slots=True)
class CourseKind:
    """One kind of course, the programmes it fits its learners for, and the credential it leads to."""

    key: str
    name: str
    programmes: tuple[str, ...]
    credential: str = ""

    def measures(self, programmes: Mapping[str, Any]) -> set[int]:
        """Those of its programmes: whose coordinators it concerns."""
        return {programmes[key].measure for key in self.programmes}


def credential_kinds(rows: Iterable[Mapping[str, Any]]) -> dict[str, CredentialKind]:
    """ValueError where one implies an unknown kind or, in the end, itself, or a pattern cannot be read."""
    kinds = {row["key"]: CredentialKind(**{**row, "implies": tuple(row.get("implies", ()))}) for row in rows}
    for kind in kinds.values():
        re.compile(kind.number_pattern)
        below = [known for key in kind.implies for known in covered(kinds, key)]
        if kind.key in below or not kinds.keys() >= set(below):
            raise ValueError(f"credential {kind.key}: implies itself or an unknown kind")
    return kinds


def course_kinds(
    rows: Iterable[Mapping[str, Any]], credentials: Mapping[str, CredentialKind], programmes: Iterable[str]
) -> dict[str, CourseKind]:
    """ValueError where a course leads to an unknown credential or programme."""
    kinds = {row["key"]: CourseKind(**{**row, "programmes": tuple(row["programmes"])}) for row in rows}
    for kind in kinds.values():
        if kind.credential not in ("", *credentials) or not set(programmes) >= set(kind.programmes):
            raise ValueError(f"course {kind.key}: an unknown credential or programme")
    return kinds


def covered(kinds: Mapping[str, CredentialKind], key: str) -> list[str]:
    """The kind itself and every lower one it implies, nearest first. A kind no longer known covers itself."""
    found = [key]
    for at in found:  # grows while it is read; each kind once, so a circle ends
        found += [lower for lower in (kinds[at].implies if at in kinds else ()) if lower not in found]
    return found

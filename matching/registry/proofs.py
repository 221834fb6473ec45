"""What a certificate proves: its number's form, what its issuer may grant, when its end is told. Pure."""

import re
from collections.abc import Iterable
from datetime import date

from matching.kernel.readings import name_key, number_key
from matching.municipality.learning import CredentialKind

# What the city saw when it verified a certificate.
EVIDENCE = {
    "original": "証書の原本",
    "card": "認証カード・携帯証",
    "copy": "証書の写し（コピー・写真）",
    "issuer": "発行元に問い合わせた",
}
SEEN_WITH = {"registration": "登録の審査", "course": "市が記録した講座の修了"}  # seen without this page
REMINDERS = (90, 30, 7)  # days before the expiry


def number_fault(kind: CredentialKind, number: str) -> str:
    """The sentence that mends a number of the wrong form; empty where it is right or not typed."""
    typed = number_key(number)
    if not typed or not kind.number_pattern or re.fullmatch(kind.number_pattern, typed):
        return ""
    return kind.number_help or f"{kind.name}の番号の形を確かめてください。"


def dates_fault(
    kind: CredentialKind, issued_on: date | None, expires_on: date | None, today: date
) -> tuple[str, str] | None:
    """(field, sentence) of the day that cannot be so."""
    if issued_on and issued_on > today:
        return "issued_on", "発行日は、今日までの日にしてください。"
    if expires_on and not kind.expires:
        return "expires_on", f"{kind.name}には有効期限がありません。空にしてください。"
    if issued_on and expires_on and issued_on > expires_on:
        return "expires_on", "有効期限は、発行日より後の日にしてください。"
    return None


def grants(organiser: str, issuer: str) -> bool:
    """Whether completing a course gives the credential: only where its organiser issues it."""
    return bool(name_key(issuer)) and name_key(organiser) == name_key(issuer)


def reminder_due(expires_on: date, today: date) -> int | None:
    """Which reminder the day calls for: the nearest only, whatever was missed before it."""
    left = (expires_on - today).days
    return min((days for days in REMINDERS if 0 <= left <= days), default=None)


def offered(fits: Iterable[str], taken: Iterable[str]) -> list[str]:
    """The programmes a course fits somebody for, without those held or applied for."""
    known = set(taken)
    return [programme for programme in fits if programme not in known]

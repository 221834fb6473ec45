"""How people write days, years, hours and lists in forms and spreadsheets: text → values.

Every reader takes text as typed (full-width digits too) and raises ValueError with a Japanese sentence
where it cannot be read.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal

from email_validator import EmailNotValidError, validate_email

from matching.kernel.clock import at
from matching.kernel.text import folded

ERA_OFFSET = {
    "令和": 2018,
    "R": 2018,
    "平成": 1988,
    "H": 1988,
    "昭和": 1925,
    "S": 1925,
    "大正": 1911,
    "T": 1911,
}
ERAS = "令和|平成|昭和|大正|[RHSTrhst]"
YEAR = re.compile(rf"(?:({ERAS})\.?(\d{{1,2}}|元)|(\d{{4}}))年?度?")
DAY = re.compile(rf"(?:({ERAS})\.?(\d{{1,2}}|元)|(\d{{4}}))[年./-](\d{{1,2}})[月./-](\d{{1,2}})日?")
SPAN = re.compile(r"(.+?)[\sT]+(\d{1,2}:\d{2})\s*[-~〜–]\s*(\d{1,2}:\d{2})")
HOURS = re.compile(r"(平日|土日|毎日|[月火水木金土日・]+)\s*(\d{1,2}:\d{2})\s*[-~〜–]\s*(\d{1,2}:\d{2})")
WEEK = "月火水木金土日"
GROUPS = {"平日": "月火水木金", "土日": "土日", "毎日": WEEK}
KANA = re.compile(r"[ぁ-ゖァ-ヺー・ ]+")
PERCENT = re.compile(r"-?[0-9]{1,6}(\.[0-9])?")
PHONE = re.compile(r"[\d\-()+ ]{6,40}")
POSTAL = re.compile(r"\d{3}-?\d{4}")
OLDEST_YEAR, LATEST_YEAR = 1868, 2199  # 明治元年; room for every date to be moved on
YES, NO = {"○", "◯", "〇", "yes", "y", "はい"}, {"×", "✕", "no", "n", "いいえ"}
KATAKANA_AHEAD = ord("ア") - ord("あ")
Span = tuple[datetime, datetime]
Hours = tuple[int, time, time]


def name_key(text: str) -> str:
    """What makes two spellings of a name the same: NFKC, hiragana for katakana, no case, no blanks."""
    plain = "".join(folded(text).casefold().split())
    return "".join(chr(ord(c) - KATAKANA_AHEAD) if "ァ" <= c <= "ヶ" else c for c in plain)


def number_key(text: str) -> str:
    """What makes two spellings of a certificate's number the same: no blanks, hyphens, 第 号; capitals."""
    plain = re.sub(r"[\s\-‐‑–—−ー・.]", "", folded(text).upper())
    return plain.removeprefix("第").removesuffix("号")


def phone_key(text: str) -> str:
    """What makes two spellings of a telephone number the same: its digits, +81 as 0."""
    plain = folded(text)
    digits = "".join(c for c in plain if c.isascii() and c.isdigit())
    return f"0{digits.removeprefix('81')}" if plain.startswith("+81") else digits


def listed(text: str) -> list[str]:
    """The parts of a list, separated by ; ； or line breaks, without empty ones."""
    return [part.strip() for part in re.split(r"[;；\n]", text) if part.strip()]


def read_year(text: str) -> int:
    """1956, 昭和31年, S31, R8年度 → the year."""
    match = YEAR.fullmatch(folded(text).replace(" ", ""))
    if match is None:
        raise ValueError("年は 1956、昭和31年、S31 のように書いてください")
    year = _year(*match.groups())
    if year < OLDEST_YEAR:
        raise ValueError(f"年は{OLDEST_YEAR}年から後で書いてください")
    return year


def read_percent(text: str) -> Decimal:
    """12.3, 12.3％, 12 → per cent, with one decimal."""
    plain = folded(text).replace(" ", "").removesuffix("%")
    if not PERCENT.fullmatch(plain):
        raise ValueError("割合は 12.3 のように、小数は1桁までの数字で書いてください")
    return Decimal(plain).quantize(Decimal("0.1"))


def read_day(text: str) -> date:
    """2027-03-31, R9.3.31, 令和9年3月31日 → the day."""
    match = DAY.fullmatch(folded(text).replace(" ", ""))
    if match is None:
        raise ValueError("日付は 2027-03-31、R9.3.31、令和9年3月31日 のように書いてください")
    era, era_year, year, month, day = match.groups()
    try:
        found = date(_year(era, era_year, year), int(month), int(day))
    except ValueError:
        raise ValueError("そのような日付はありません") from None
    return in_time(found)


def in_time(day: date) -> date:
    """The day, of a year that somebody can mean."""
    if not OLDEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError(f"日付は{OLDEST_YEAR}年から{LATEST_YEAR}年までで書いてください")
    return day


def read_span(text: str) -> Span:
    """2026-10-12 14:00-16:00 → two moments of one day in Tokyo."""
    match = SPAN.fullmatch(folded(text))
    if match is None:
        raise ValueError("日時は 2026-10-12 14:00-16:00 のように書いてください")
    day = read_day(match[1])
    starts, ends = at(day, _time(match[2])), at(day, _time(match[3]))
    if starts >= ends:
        raise ValueError("終わりの時刻は、始まりより後にしてください")
    return starts, ends


def read_term(text: str) -> tuple[date, date]:
    """2027-06-01〜2029-05-31 → first and last day."""
    parts = re.split(r"[〜~～]", folded(text))
    if len(parts) != 2:  # noqa: PLR2004 – from and to
        raise ValueError("委嘱期間は 2027-06-01〜2029-05-31 のように書いてください")
    first, last = read_day(parts[0]), read_day(parts[1])
    if first >= last:
        raise ValueError("委嘱期間の終わりは、始まりより後にしてください")
    return first, last


def read_hours(text: str) -> list[Hours]:
    """土 09:00-12:00, 月火木 13:00-16:00, 平日 … → (weekday, from, to), Monday 0."""
    match = HOURS.fullmatch(folded(text))
    if match is None:
        raise ValueError("活動できる時間は 土 09:00-12:00 のように書いてください")
    starts, ends = _time(match[2]), _time(match[3])
    if starts >= ends:
        raise ValueError("終わりの時刻は、始まりより後にしてください")
    days = GROUPS.get(match[1], match[1])
    return [(WEEK.index(day), starts, ends) for day in days if day in WEEK]


def read_yes_no(text: str) -> bool | None:
    """○ × yes no; nothing: None."""
    word = folded(text).casefold()
    if not word:
        return None
    if word in YES or text.strip() in YES:
        return True
    if word in NO or text.strip() in NO:
        return False
    raise ValueError("○ か × で書いてください")


def read_number(text: str, least: int = 0, most: int = 1_000_000) -> int:
    """A whole number between two bounds."""
    word = folded(text).replace(",", "").removesuffix("人").removesuffix("円").removesuffix("件")
    if not re.fullmatch(r"\d{1,9}", word) or not least <= int(word) <= most:
        raise ValueError(f"{least}から{most}までの数字で書いてください")
    return int(word)


def read_short(text: str, most: int = 100) -> str:
    """A word or a few, as typed."""
    if len(text) > most:
        raise ValueError(f"一つひとつは{most}文字以内にしてください")
    return text


def read_kana(text: str) -> str:
    """The reading of a name, in hiragana or katakana, as typed."""
    if not KANA.fullmatch(folded(text)):
        raise ValueError("ひらがなかカタカナで書いてください")
    return read_short(text)


def read_phone(text: str) -> str:
    """０９６－３１１ → 096-311…"""
    number = folded(text)
    if not PHONE.fullmatch(number):
        raise ValueError("電話番号は数字で書いてください（例 096-000-0000）")
    return number


def read_postal_code(text: str) -> str:
    """〒８６０－０００１ → 860-0001."""
    code = folded(text).removeprefix("〒").strip()
    if not POSTAL.fullmatch(code):
        raise ValueError("郵便番号は7けたの数字で書いてください（例 860-0001）")
    return code


def read_email(text: str) -> str:
    """An address that mail can be sent to, as typed."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError("メールアドレスの形で書いてください（例 hanako@example.jp）") from None
    return text


def _year(era: str | None, era_year: str | None, year: str | None) -> int:
    if era is None or era_year is None:
        return int(year or 0)
    return ERA_OFFSET[era.upper()] + (1 if era_year == "元" else int(era_year))


def _time(text: str) -> time:
    hour, minute = text.split(":")
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError("時刻は 00:00 から 23:59 までで書いてください") from None

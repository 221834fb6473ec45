"""The sample city: rows as a spreadsheet would hold them, made from our own texts with a fixed seed.

Pure: the same day and size give the same city. `flask demo` brings it in through the importers' door.
"""

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from matching.engine.thesaurus import Group
from matching.kernel.clock import fiscal_year
from matching.municipality.city import Municipality

SEED = 20_260_401
USUAL_SIZE = 180
REQUESTS = 64
# Of each so many people these are not approved; what is decided after the import is in lately.py.
STATES = {
    **dict.fromkeys((17, 41, 88, 140, 163), "申請中"),
    **{63: "差戻し", 77: "期限切れ", 99: "不登録", 111: "休止", 126: "辞退"},
}
PAST_YEARS = 2
# A larger city asks one and a half times as often as it has people; a tenth of that is still to come.
ASKED_OF_EACH = 1.5
OPEN_SHARE = 0.1
HOURS = (
    "",
    "",
    "平日 09:00-17:00",
    "土日 09:00-17:00",
    "平日 13:00-17:00; 土 09:00-12:00",
    "火木 09:00-16:00",
)
CERTIFIED = 45  # one of so many teaches first aid, as stated
TIMES = ("09:30-11:00", "10:00-11:30", "10:40-12:15", "13:30-15:00", "14:00-16:00")
# Yearly targets of each measure in the first year of the plan; they rise by a tenth each year.
TARGETS = {1: 150, 2: 210, 3: 270, 4: 100}
ROWS = dict[str, str]


@dataclass(frozen=True, slots=True)
class City:
    """Rows by file, keyed by the identifiers of the spreadsheets; and the thesaurus."""

    registry: list[ROWS]
    requests: list[ROWS]
    activities: list[ROWS]
    targets: list[ROWS]
    thesaurus: list[Group]


def city(today: date, place: Municipality, size: int = USUAL_SIZE) -> City:
    """A city of `size` registrants as it would stand on `today`."""
    texts = tomllib.loads(Path(__file__).with_name("sample.toml").read_text(encoding="utf-8"))
    chance = random.Random(SEED)  # noqa: S311 – a sample, not a secret
    people = [_registrant(chance, number, texts, place, today) for number in range(size)]
    asked = round(size * ASKED_OF_EACH) if size > USUAL_SIZE else 0
    to_come = max(REQUESTS, round(asked * OPEN_SHARE))
    wishes = [_request(chance, number, texts, place, today) for number in range(to_come)]
    further = [_seat(number, text, place, today) for number, text in enumerate(texts["seats"])]
    further += [_stage(number, text, place, today) for number, text in enumerate(texts["stages"])]
    activities = _activities(chance, people, wishes, today, asked - to_come)
    rows = [*map(_group, texts["thesaurus"])]
    return City(people, wishes + further, activities, _targets(today, place), rows)


def _group(line: str) -> Group:
    words, narrower = line.split("|")
    return Group(tuple(words.split()), tuple(narrower.split()))


def _registrant(
    chance: random.Random, number: int, texts: Mapping[str, Sequence[str]], place: Municipality, today: date
) -> ROWS:
    offers = texts["offers"]
    programmes, title, description = offers[number % len(offers)].split("|")
    keys = programmes.split(";")
    surname = _name(chance, str(texts["surnames"]))
    given = _name(chance, str(texts["given_names"]))
    ward = chance.choice(list(place.wards))
    group = "aiport" in keys and number % 3 == 0
    status = STATES.get(number % USUAL_SIZE, "承認")
    until = fiscal_year(today) + 1 + chance.choice((0, 1, 1, 2))
    learned = number % 4 == 0
    return {
        "external_id": f"S-{number + 1:05d}",
        "kind": "団体" if group else "個人",
        "members": str(chance.randint(4, 25)) if group else "",
        "name": f"{surname[1]}グループ" if group else f"{surname[1]} {given[1]}",
        "kana": f"{surname[0]}ぐるーぷ" if group else f"{surname[0]} {given[0]}",
        "email": f"person{number + 1}@sample.example.jp" if number % 7 else "",
        "phone": f"096-000-{number % 10_000:04d}",
        "ward": ward,
        "school_district": chance.choice(place.wards[ward]),
        "birth_year": "" if group else str(chance.randint(1943, 1998)),
        "programmes": ";".join(place.programmes[key].name for key in keys),
        "status": status,
        "valid_until": f"{until}-03-31" if status == "承認" else "",
        "title": title,
        "description": description,
        "formats": chance.choice(("対面", "対面", "対面;オンライン")),
        "fee": chance.choice(("無償", "無償", "実費", "応相談", "3000")),
        **_details(keys, title, number, place),
        "credentials": _credential(keys, number, today),
        "areas": chance.choice(("", "", ward)),
        "weekly_hours": chance.choice(HOURS),
        "consent_public": chance.choice("○×"),
        "consent_contact": chance.choice("○○○×"),
        "learned_from": chance.choice(texts["courses"]) if learned else "",
        "learned_year": str(fiscal_year(today) - chance.randint(0, 3)) if learned else "",
    }


def _credential(keys: Sequence[str], number: int, today: date) -> str:
    if "bosaishi" in keys:
        return f"防災士|{200_000 + number}|"
    last = today + timedelta(days=number // CERTIFIED * 26 % 1000 - 1)  # the first ended yesterday
    return f"応急手当普及員|{number:05d}|{last.isoformat()}" if number % CERTIFIED == 0 else ""


def _details(keys: Sequence[str], title: str, number: int, place: Municipality) -> ROWS:
    if "lecturer" in keys:
        level = ("入門", "問わない", "中級")[number % 3]
        return {"level": level, "capacity": str(10 + number % 4 * 10), "minutes": "90"}
    if "storyteller" in keys:
        flood = "昭和28年" in title
        return {"disaster": place.disasters["shirakawa_1953" if flood else "kumamoto_2016"]}
    return {}


def _request(
    chance: random.Random, number: int, texts: Mapping[str, Sequence[str]], place: Municipality, today: date
) -> ROWS:
    wishes = texts["requests"]
    kind, title, text, audience, minors, teacher, headcount, participants = wishes[
        number % len(wishes)
    ].split("|")
    ward = list(place.wards)[number % len(place.wards)]
    district = chance.choice(place.wards[ward])
    first = today + timedelta(days=chance.randint(18, 70))
    times = chance.choice(TIMES)
    days = [first + timedelta(weeks=week) for week in range(chance.choice((1, 1, 1, 2, 5)))]
    return {
        "external_id": f"R-{number + 1:05d}",
        "organisation": _organisation(place, kind, district),
        "organisation_kind": place.organisation_kinds[kind].name,
        "ward": ward,
        "school_district": district,
        "title": title,
        "description": text,
        "audience": audience,
        "minors": minors,
        "teacher_present": teacher,
        "continuing": "" if minors == "×" else "×" if teacher == "○" else "○",
        "one_to_one": "×" if teacher == "×" else "",
        "headcount": headcount,
        "participants": participants,
        "sessions": ";".join(f"{day.isoformat()} {times}" for day in days),
        "format": "対面",
        "fee": chance.choice(("無償", "応相談", "3000")),
        "deadline": (first - timedelta(days=10)).isoformat(),
    }


def _seat(number: int, text: str, place: Municipality, today: date) -> ROWS:
    title, description = text.split("|")
    year = fiscal_year(today) + 1
    return {
        "external_id": f"C-{number + 1:05d}",
        "organisation": f"見本の政策{number + 1}課",
        "organisation_kind": place.organisation_kinds["city_office"].name,
        "ward": next(iter(place.wards)),
        "programmes": place.programmes["women_talent"].name,
        "title": title,
        "description": description,
        "minors": "×",
        "headcount": "1",
        "term": f"{year}-06-01〜{year + 2}-05-31",
        "council": title.removesuffix("の委員"),
    }


def _stage(number: int, text: str, place: Municipality, today: date) -> ROWS:
    title, description, headcount, participants = text.split("|")
    ward = list(place.wards)[number % len(place.wards)]
    district = place.wards[ward][0]
    return {
        "external_id": f"B-{number + 1:05d}",
        "organisation": _organisation(place, "community_centre", district),
        "organisation_kind": place.organisation_kinds["community_centre"].name,
        "ward": ward,
        "school_district": district,
        "programmes": place.programmes["stage"].name,
        "title": title,
        "description": description,
        "minors": "×",
        "headcount": headcount,
        "participants": participants,
        "sessions": f"{(today + timedelta(days=45 + number)).isoformat()} 13:00-15:00",
        "format": "対面",
        "deadline": (today + timedelta(days=30)).isoformat(),
    }


def _activities(
    chance: random.Random, people: Sequence[ROWS], wishes: Sequence[ROWS], today: date, most: int
) -> list[ROWS]:
    """Two past fiscal years and the running one; nobody is in two places at once: one activity a day each.

    `most`: about how many activities a larger city has had; 0: as the usual one.
    """
    first = date(fiscal_year(today) - PAST_YEARS, 4, 1)
    done: list[ROWS] = []
    active = [p for p in people if p["status"] == "承認"]
    day = first + timedelta(days=8)
    a_day = max(1, round(most / (today - day).days))
    while day < today:
        free = chance.sample(active, k=min(3 * a_day, len(active)))
        for _ in range(a_day):
            wish = chance.choice(wishes)
            times = chance.choice(TIMES)
            helpers = [free.pop() for _ in range(min(chance.choice((1, 1, 1, 2, 3)), len(free)))]
            title = f"{helpers[0]['title']}の活動" if helpers else ""
            for person in helpers:
                done.append(_activity(len(done) + 1, person, wish, title, f"{day.isoformat()} {times}"))
        day += timedelta(days=1 if most else chance.randint(2, 9))
    return done


def _activity(number: int, person: ROWS, wish: ROWS, title: str, when: str) -> ROWS:
    where = ("organisation", "organisation_kind", "ward", "school_district", "participants")
    return {
        "external_id": f"A-{number:05d}",
        "registrant_external_id": person["external_id"],
        **{key: wish[key] for key in where},
        "programme": person["programmes"].split(";")[0],
        "title": title,
        "sessions": when,
    }


def _targets(today: date, place: Municipality) -> list[ROWS]:
    last = min(fiscal_year(today) + 1, place.last_fiscal_year)
    return [
        {
            "measure": str(measure),
            "fiscal_year": str(year),
            "completed_matches": str(round(wanted * (1 + 0.1 * (year - place.first_fiscal_year)))),
        }
        for year in range(place.first_fiscal_year, last + 1)
        for measure, wanted in TARGETS.items()
    ]


def _organisation(place: Municipality, kind: str, district: str) -> str:
    endings = {
        "elementary_school": "小学校",
        "junior_high_school": "中学校",
        "high_school": "高校",
        "nursery": "保育園",
    }
    return f"{district}{endings.get(kind, place.organisation_kinds[kind].name)}"


def _name(chance: random.Random, listed: str) -> tuple[str, str]:
    kana, name = chance.choice(listed.split()).split("=")
    return kana, name

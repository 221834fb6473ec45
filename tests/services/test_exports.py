"""What goes out comes back: export, import into an empty database, the same values; again, no change."""

import stat
from contextlib import ExitStack
from datetime import date, time

import pytest
from sqlalchemy import select

from matching.kernel import clock, spreadsheet
from matching.kernel.db import db
from matching.registry.imports import HEADERS as REGISTRY
from matching.registry.models import Consent, ConsentPurpose, Registrant, RegistrantKind, WeeklyHours
from matching.registry.models_credentials import Verification
from matching.requests.imports import HEADERS as REQUEST
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import (
    make_account,
    make_credential,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    save,
)

DETAILS = {
    "lecturer": {"level": "intermediate", "capacity": 20, "minutes": 45, "equipment": "大きな机; マイク"},
    "storyteller": {
        **{"disaster": "kumamoto_2016", "record_title": "避難所の日記"},
        **{"record_place": "益城", "record_year": 2016, "minutes": 30},
    },
}
CONDITIONS = {
    **{
        "must_have": "ミシンの糸通し\n二人",
        "nice_to_have": "名札",
        "place": "家庭科室",
        "parking": "正門の横",
    },
    **{"insurance": "school", "travel_cost": "requester", "material_cost": "helper", "equipment": "布"},
    **{"special_needs": "車いすの方がいます", "contact_name": "教頭", "contact_phone": "+81 96-000-0000"},
    **{"contact_email": "school@example.jp", "emergency_contact": "用務員 096-000-0001"},
}


@pytest.fixture
def city(app):
    """Somebody for each of the newer columns, and a seat, a drill, a lesson."""
    lecturer = make_registration(make_registrant(phone="+81 96-111-1111"), "lecturer", offering="=合計")
    storyteller = make_registration(programme="storyteller", offering="地震の夜のこと")
    for registration in (lecturer, storyteller):
        for name, value in DETAILS[registration.programme].items():
            setattr(registration.offerings[0], name, value)
    save(WeeklyHours(registrant_id=lecturer.registrant_id, weekday=5, starts=time(9), ends=time(12, 30)))
    group = make_registrant(
        kind=RegistrantKind.GROUP, members=8, representative="木下 春", birth_year=None, name="-木下の会"
    )
    make_registration(group, "aiport")
    leader = make_registrant(external_id="X7")
    bosaishi = make_registration(leader, "bosaishi")
    bosaishi.consents.append(consent())
    make_credential(leader, certificate_number="第123456号", verification=Verification.VERIFIED)
    office = make_organisation(kind="city_office", name="環境政策課", districts=())
    seat = make_request(
        office,
        programmes=("women_talent",),
        council="緑の審議会",
        participants=None,
        term_start=date(2027, 6, 1),
        term_end=date(2029, 5, 31),
    )
    seat.sessions.clear()
    make_request(
        programmes=("voluntary_disaster", "bosaishi"), school_district="健軍", deadline=date(2026, 10, 9)
    )
    lesson = make_request(
        None, date(2026, 11, 2), date(2026, 11, 9), minors=True, teacher_present=False, continuing=True
    )
    lesson.one_to_one, lesson.credentials_required, lesson.fee = False, ["teaching_licence"], "expenses"
    for name, value in CONDITIONS.items():
        setattr(lesson, name, value)
    make_request(status=RequestStatus.DRAFT)
    make_request(status=RequestStatus.CLOSED)
    db.session.commit()


def consent():
    return Consent(purpose=ConsentPurpose.LOCAL_LEADER, version="2026-10", given_at=clock.now())


def send(app, group, path):
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=[group, "export", str(path)])
    assert done.exit_code == 0, done.output
    assert "個人情報が入っています" in done.stderr
    headers = {"registry": REGISTRY, "requests": REQUEST}[group]
    return [cells for _, cells in spreadsheet.read(path, headers).rows]


@pytest.fixture
def elsewhere(app, installation):
    """From here on, an empty database."""
    with ExitStack() as made:

        def move():
            db.session.remove()
            db.engines[None] = made.enter_context(installation.fresh_copy())

        yield move


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_registry_comes_back_as_it_was(app, city, bring, elsewhere, tmp_path, suffix):
    path = tmp_path / f"registry{suffix}"
    rows = send(app, "registry", path)
    assert len(rows) == 4
    assert bring("registry", path)[1]["unchanged"] == 4
    elsewhere()
    assert bring("registry", path)[1]["created"] == 4
    assert bring("registry", path)[1]["unchanged"] == 4
    assert send(app, "registry", tmp_path / f"again{suffix}") == rows
    people = {p.registrations[0].programme: p for p in db.session.scalars(select(Registrant))}
    for programme, details in DETAILS.items():
        offering = people[programme].offerings[0]
        assert {name: getattr(offering, name) for name in details} == details
    assert (people["lecturer"].offerings[0].title, people["lecturer"].phone) == ("=合計", "+81 96-111-1111")
    assert [(h.weekday, h.starts, h.ends) for h in people["lecturer"].weekly_hours] == [
        (5, time(9), time(12, 30))
    ]
    group = people["aiport"]
    assert (group.name, group.members, group.representative) == ("-木下の会", 8, "木下 春")
    assert people["bosaishi"].registrations[0].consented(ConsentPurpose.LOCAL_LEADER)
    assert people["bosaishi"].credentials[0].certificate_number == "第123456号"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_requests_come_back_as_they_were(app, city, bring, elsewhere, tmp_path, suffix):
    path = tmp_path / f"requests{suffix}"
    rows = send(app, "requests", path)
    assert len(rows) == 3
    assert bring("requests", path)[1]["unchanged"] == 3
    elsewhere()
    assert bring("requests", path)[1]["created"] == 3
    assert bring("requests", path)[1]["unchanged"] == 3
    assert send(app, "requests", tmp_path / f"again{suffix}") == rows
    seat, drill, lesson = db.session.scalars(select(SupportRequest).order_by(SupportRequest.id))
    assert (seat.council, seat.term_start, seat.term_end) == (
        "緑の審議会",
        date(2027, 6, 1),
        date(2029, 5, 31),
    )
    assert (drill.school_district, drill.programmes) == ("健軍", ["voluntary_disaster", "bosaishi"])
    assert {name: getattr(lesson, name) for name in CONDITIONS} == CONDITIONS
    assert (lesson.one_to_one, lesson.continuing, len(lesson.sessions)) == (False, True, 2)
    assert (lesson.credentials_required, lesson.fee) == (["teaching_licence"], "expenses")


def test_what_the_file_has_no_place_for_is_said_without_names(app, city, tmp_path):
    person = db.session.scalars(select(Registrant).filter_by(external_id="X7")).one()
    make_registration(person, "lecturer", valid_until=date(2027, 3, 31))
    path = tmp_path / "registry.csv"
    done = app.test_cli_runner().invoke(args=["registry", "export", str(path)])
    assert f"{person.code}: 状態か期限のちがう登録は入れていません（講師登録）" in done.stderr
    assert f"{person.code}: 2つめからの" in done.stderr and person.name not in done.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_whose_contact_went_into_a_file_reads_of_it(app, city, clients, tmp_path):
    person = make_registrant(make_account(), email="hanako@example.jp")
    make_registration(person)
    send(app, "registry", tmp_path / "registry.csv")
    page = clients(person.account).get("/registry/disclosures").get_data(as_text=True)
    assert "市の名簿をファイルに書き出したため" in page and "市の担当者の仕事として" in page


def test_a_folder_that_is_not_there_is_said(app, city, tmp_path):
    done = app.test_cli_runner().invoke(args=["registry", "export", str(tmp_path / "none" / "registry.csv")])
    assert done.exit_code == 1 and "に書けません" in done.output


def test_help_names_the_columns(app):
    assert (
        "地域防災リーダーの同意" in app.test_cli_runner().invoke(args=["registry", "import", "--help"]).output
    )

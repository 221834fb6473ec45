"""The city's four spreadsheets: in at once, again without a change, and nothing while one row is wrong."""

import csv
import io
import json
import random
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from matching.indicators.verification import verify
from matching.kernel import clock
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.ledger.models import EntryKind, LedgerEntry
from matching.matches.imports import HEADERS as ACTIVITY
from matching.matches.models import Attendance, Match, MatchStatus
from matching.matches.services import offers, reports
from matching.registry.imports import HEADERS as REGISTRY
from matching.registry.models import Consent, Offering, Registrant, Registration
from matching.registry.models_credentials import Credential, Verification
from matching.requests.imports import HEADERS as REQUEST
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import make_coordinator

DATA = Path(__file__).parent.parent / "data"
PERSON = {
    "external_id": "X1",
    "name": "髙﨑 ①子",
    "kana": "たかさき いちこ",
    "ward": "東区",
    "programmes": "学校支援ボランティア;講師登録",
    "status": "承認",
    "valid_until": "R11.3.31",
    "title": "ミシン",
    "description": "=縫い方を教えます",
    "birth_year": "S31",
    "weekly_hours": "月火木 13:00-16:00; 土日 09:00-12:00",
    "fee": "５０００",
    "consent_contact": "○",
}
WISH = {
    "external_id": "W1",
    "organisation": "健軍小学校",
    "organisation_kind": "小学校",
    "ward": "東区",
    "title": "授業の手伝い",
    "description": "手伝ってほしい",
    "minors": "○",
    "teacher_present": "○",
    "continuing": "×",
    "sessions": "R8.10.12 14:00-16:00",
}
DONE = {
    "external_id": "D1",
    "registrant_external_id": "X1",
    "organisation": "健軍小学校",
    "organisation_kind": "小学校",
    "ward": "東区",
    "programme": "講師登録",
    "title": "ミシン教室",
    "sessions": "2025-10-12 14:00-16:00",
    "participants": "20",
}


@pytest.fixture
def bring(app, tmp_path):
    """Run `flask GROUP import` on a file or on rows; returns (exit code, what --json printed)."""

    def run(group, source, *options, headers=None, encoding="utf-8"):
        path = source
        if isinstance(source, list):
            path = tmp_path / f"{group}.csv"
            path.write_bytes(table(source, headers).encode(encoding))
        db.session.rollback()
        done = app.test_cli_runner().invoke(args=[group, "import", str(path), "--json", *options])
        db.session.rollback()
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        run.told = done.stderr
        return done.exit_code, json.loads(done.stdout)

    return run


def table(rows, headers):
    out = io.StringIO()
    names = list(rows[0])
    writer = csv.writer(out)
    writer.writerow([headers[name] for name in names])
    writer.writerows([[row.get(name, "") for name in names] for row in rows])
    return out.getvalue()


def count(model, *conditions):
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_the_citys_own_files_twice(bring):
    expected = {"registry": (294, "cp932"), "requests": (52, "utf-8"), "activities": (180, "cp932")}
    expected["targets"] = (12, "utf-8")
    with clock.frozen(datetime(2026, 12, 1, tzinfo=clock.TOKYO)):
        for group, (rows, encoding) in expected.items():
            code, result = bring(group, DATA / f"{group}.csv")
            assert (code, result["rows"], result["created"]) == (0, rows, rows), result["problems"][:3]
            assert result["encoding"] == encoding
        for group, (rows, _) in expected.items():
            code, result = bring(group, DATA / f"{group}.csv")
            assert (code, result["unchanged"], result["created"], result["updated"]) == (0, rows, 0, 0)
    assert count(LedgerEntry) == 180
    assert verify().ok
    imported = select(Credential.verification).where(Credential.kind == "bosaishi")
    assert Verification.IMPORTED in set(db.session.scalars(imported))


def test_a_dry_run_writes_nothing(bring):
    code, result = bring("registry", DATA / "registry.csv", "--dry-run")
    assert (code, result["created"]) == (0, 294)
    assert count(Registrant) == 0


def test_a_row_is_kept_as_typed_and_read_as_meant(bring):
    assert bring("registry", [PERSON], headers=REGISTRY, encoding="cp932")[0] == 0
    person = db.session.scalars(select(Registrant)).one()
    assert (person.name, person.birth_year, person.offerings[0].fee) == ("髙﨑 ①子", 1956, "5000")
    assert [h.weekday for h in person.weekly_hours] == [0, 1, 3, 5, 6]
    assert {r.programme for r in person.registrations} == {"school_support", "lecturer"}
    assert person.offerings[0].description == "=縫い方を教えます"


def acts(*actions):
    """Of these acts: what was done to which code, with what."""
    found = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.id)
    )
    return [(act.action, act.subject_code, act.details) for act in found]


def test_each_registration_a_file_brings_leaves_an_act_of_its_own(bring):
    for _ in range(2):
        bring("registry", [PERSON], headers=REGISTRY)
        term = {"status": "approved", "valid_until": "2029-03-31"}
        assert acts("registration.import") == [
            ("registration.import", row.code, term | {"programme": row.programme})
            for row in db.session.scalars(select(Registration).order_by(Registration.id))
        ]
        assert count(Registration) == 2


def test_a_programme_a_file_adds_to_a_known_activity_leaves_an_act_of_its_own(bring):
    bring("registry", [PERSON, PERSON | {"external_id": "X2", "name": "別の人"}], headers=REGISTRY)
    other = DONE | {"external_id": "D2", "registrant_external_id": "X2", "programme": "学校支援ボランティア"}
    for rows in ([DONE], [DONE, other], [DONE, other]):
        assert bring("activities", rows, headers=ACTIVITY)[0] == 0
    request = db.session.scalars(select(SupportRequest)).one()
    assert request.programmes == ["lecturer", "school_support"]
    assert acts("request.add_programme") == [
        ("request.add_programme", request.code, {"programme": "school_support"})
    ]


def test_a_changed_row_changes_texts_but_never_a_state(bring):
    bring("registry", [PERSON], headers=REGISTRY)
    changed = PERSON | {"title": "ミシンと刺しゅう", "status": "取消し"}
    code, result = bring("registry", [changed], headers=REGISTRY)
    assert (code, result["updated"]) == (0, 1)
    person = db.session.scalars(select(Registrant)).one()
    assert person.offerings[0].title == "ミシンと刺しゅう"
    assert {r.status.label for r in person.registrations} == {"承認"}
    assert bring("registry", [changed], headers=REGISTRY)[1]["unchanged"] == 1


def test_a_file_without_the_programmes_own_columns_empties_none_of_them(bring):
    told = {"programmes": "災害の記録・記憶・教訓の伝承", "disaster": "平成28年（2016年）熊本地震"}
    told |= {"record_title": "避難所の日記", "record_year": "H28", "minutes": "６０"}
    bring("registry", [PERSON | told], headers=REGISTRY)
    older = {name: header for name, header in REGISTRY.items() if name not in told or name == "programmes"}
    assert (
        bring("registry", [PERSON | {"programmes": told["programmes"]}], headers=older)[1]["unchanged"] == 1
    )
    offering = db.session.scalars(select(Offering)).one()
    assert (offering.disaster, offering.record_year, offering.minutes) == ("kumamoto_2016", 2016, 60)
    code, result = bring("registry", [PERSON | told | {"disaster": "熊本地震"}], headers=REGISTRY)
    assert code == 1 and result["problems"][0]["column"] == "災害"


def test_what_a_file_says_of_a_state_or_a_term_is_told_and_not_done(bring):
    bring("registry", [PERSON], headers=REGISTRY)
    other = PERSON | {"status": "休止", "valid_until": "R10.3.31", "programmes": "講師登録;防災士"}
    code, result = bring("registry", [other], headers=REGISTRY)
    assert (code, result["unchanged"]) == (0, 1)
    for told in (
        "「講師登録」の状態は「承認」です",
        "「講師登録」の登録期限は「2029-03-31」です",
        "「防災士」の登録がありません",
        "「学校支援ボランティア」の登録が残っています",
    ):
        assert told in bring.told


def test_a_consent_in_a_changed_row_is_given_or_taken_back(bring):
    def consents():
        rows = db.session.scalars(select(Consent).where(Consent.withdrawn_at.is_(None)))
        return sorted(row.purpose.value for row in rows)

    bring("registry", [PERSON], headers=REGISTRY)
    assert consents() == ["contact_sharing"] * 2
    for changed, expected in (
        ({"consent_contact": "×"}, []),
        ({"consent_contact": ""}, []),
        ({"consent_contact": "○"}, ["contact_sharing"] * 2),
        ({"consent_contact": ""}, ["contact_sharing"] * 2),
    ):
        before = consents()
        _, result = bring("registry", [PERSON | changed], headers=REGISTRY)
        assert consents() == expected
        assert result["updated"] == (before != expected)


@pytest.mark.parametrize(
    "changed",
    [
        {"programmes": "講師登録;学校支援ボランティア；講師登録"},
        {"members": "5"},
        {"kind": "団体", "members": "5"},
        {"credentials": "教員免許|1|;防災士|2|;防災士|2|"},
        {"weekly_hours": "土 09:00-12:00;土 09:00-12:00"},
        {"name": "山田\u202e花子", "phone": "０９６－３11－0001", "postal_code": "〒８６０－０００１"},
    ],
)
def test_however_it_is_written_the_same_row_again_changes_nothing(bring, changed):
    full = dict.fromkeys({**PERSON, **changed}, "")
    bring("registry", [full | PERSON | {"credentials": "防災士|2|"}], headers=REGISTRY)
    row = full | PERSON | changed
    assert bring("registry", [row], headers=REGISTRY)[0] == 0
    _, result = bring("registry", [row], headers=REGISTRY)
    assert result["unchanged"] == 1
    assert bring("registry", [row | {"external_id": "X2"}], headers=REGISTRY)[1]["created"] == 1
    assert bring("registry", [row | {"external_id": "X2"}], headers=REGISTRY)[1]["unchanged"] == 1


@pytest.mark.parametrize(
    ("headers", "row", "changed", "column"),
    [
        (REGISTRY, PERSON, {"name": ""}, "氏名"),
        (REGISTRY, PERSON, {"ward": "火星区"}, "区"),
        (REGISTRY, PERSON, {"school_district": "一新"}, "校区"),
        (REGISTRY, PERSON, {"programmes": "宇宙飛行士"}, "登録区分"),
        (REGISTRY, PERSON, {"status": "たぶん"}, "状態"),
        (REGISTRY, PERSON, {"valid_until": "R11.2.30"}, "登録期限"),
        (REGISTRY, PERSON, {"birth_year": "昔"}, "生年"),
        (REGISTRY, PERSON, {"fee": "たくさん"}, "謝礼"),
        (REGISTRY, PERSON, {"credentials": "忍者|1|"}, "資格"),
        (REGISTRY, PERSON, {"weekly_hours": "土 12:00-09:00"}, "活動できる時間"),
        (REGISTRY, PERSON, {"areas": "火星区"}, "活動できる区"),
        (REGISTRY, PERSON, {"consent_public": "かも"}, "公開の同意"),
        (REGISTRY, PERSON, {"learned_from": "書道", "learned_year": ""}, "受講年度"),
        (REGISTRY, PERSON, {"kind": "団体"}, "人数"),
        (REGISTRY, PERSON, {"name": "a\x0bb"}, "氏名"),
        (REGISTRY, PERSON, {"name": "a\nb"}, "氏名"),
        (REGISTRY, PERSON, {"title": "a\nb"}, "専門分野"),
        (REGISTRY, PERSON, {"kana": "山田"}, "ふりがな"),
        (REGISTRY, PERSON, {"email": "hanako"}, "メール"),
        (REGISTRY, PERSON, {"email": "a@example.jp\nBcc: b@example.jp"}, "メール"),
        (REGISTRY, PERSON, {"phone": "でんわ"}, "電話"),
        (REGISTRY, PERSON, {"postal_code": "860"}, "郵便番号"),
        (REGISTRY, PERSON, {"birth_year": "2015"}, "生年"),
        (REGISTRY, PERSON, {"status": "下書き"}, "状態"),
        (REGISTRY, PERSON, {"credentials": "防災士|" + "9" * 41}, "資格"),
        (REGISTRY, PERSON, {"learned_from": "講" * 101, "learned_year": "R5"}, "受講した講座"),
        (REGISTRY, PERSON, {"learned_from": "講座", "learned_year": "0000"}, "受講年度"),
        (REQUEST, WISH, {"organisation_kind": "大学"}, "団体区分"),
        (REQUEST, WISH, {"headcount": "0"}, "必要人数"),
        (REQUEST, WISH, {"sessions": "2026-10-12 16:00-14:00"}, "日時"),
        (REQUEST, WISH, {"sessions": "2026-10-12 14:00-16:00;2026-10-12 15:00-17:00"}, "日時"),
        (REQUEST, WISH, {"programmes": "講師登録、活動の場の提供"}, "登録区分"),
        (REQUEST, WISH, {"programmes": "女性人材リスト"}, "登録区分"),
        (REQUEST, WISH, {"term": "2027-06-01〜2027-05-31", "sessions": ""}, "委嘱期間"),
        (REQUEST, WISH, {"minors": "?"}, "未成年の参加"),
        (REQUEST, WISH, {"title": "a\nb"}, "件名"),
        (REQUEST, WISH, {"organisation": "a\nb"}, "団体名"),
        (ACTIVITY, DONE, {"registrant_external_id": "X9"}, "人材管理番号"),
        (ACTIVITY, DONE, {"programme": "防災士"}, "登録区分"),
        (ACTIVITY, DONE, {"sessions": "2027-10-12 14:00-16:00"}, "日時"),
        (ACTIVITY, DONE, {"participants": "-1"}, "参加人数"),
        (ACTIVITY, DONE, {"title": "a\nb"}, "件名"),
        (ACTIVITY, DONE, {"school_district": "一新"}, "校区"),
        (ACTIVITY, DONE, {"sessions": "2025-10-12 14:00-16:00;2025-10-12 14:00-16:00"}, "日時"),
    ],
)
def test_a_wrong_row_is_listed_and_nothing_is_written(bring, headers, row, changed, column):
    if headers is ACTIVITY:
        bring("registry", [PERSON], headers=REGISTRY)
    group = {id(REGISTRY): "registry", id(REQUEST): "requests", id(ACTIVITY): "activities"}[id(headers)]
    good = row | {"external_id": "GOOD", "title": "よい行"}
    full = dict.fromkeys({**row, **changed}, "")
    code, result = bring(group, [full | good, full | row | changed], headers=headers)
    assert code == 1
    assert [(p["row"], p["column"]) for p in result["problems"]] == [(3, column)]
    assert all(p["reason"] for p in result["problems"])
    assert count({"registry": Registrant, "requests": SupportRequest, "activities": Match}[group]) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\xff\xfe\x00\x01\x80",
        b"a,b\n1,2\n",
        "氏名,氏名\n1,2\n".encode(),
        b"PK\x03\x04 not a zip",
    ],
)
def test_what_is_no_table_is_one_clear_problem(bring, tmp_path, content):
    for name in ("file.csv", "file.xlsx"):
        path = tmp_path / name
        path.write_bytes(content)
        code, result = bring("registry", path)
        assert code == 1
        assert len(result["problems"]) == 1
    assert bring("registry", tmp_path / "missing.csv")[0] == 1
    assert bring("registry", tmp_path)[0] == 1


def test_a_damaged_workbook_is_one_clear_problem(bring, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(list(PERSON))
    book.active.append(list(PERSON.values()))
    book.save(tmp_path / "whole.xlsx")
    whole = (tmp_path / "whole.xlsx").read_bytes()
    path, dice = tmp_path / "damaged.xlsx", random.Random(7)
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        code, result = bring("registry", path, "--dry-run")
        assert code == bool(result["problems"])


def test_a_workbook_and_identifiers_as_headers_do_as_well(bring, tmp_path):
    book = openpyxl.Workbook()
    book.active.append([*PERSON, "知らない列"])
    book.active.append([*(PERSON | {"description": "縫い方を教えます"}).values(), "x"])
    book.save(tmp_path / "registry.xlsx")
    code, result = bring("registry", tmp_path / "registry.xlsx")
    assert (code, result["created"], result["encoding"]) == (0, 1, "xlsx")


def test_a_request_is_open_only_where_nothing_is_missing(bring):
    full = dict.fromkeys(WISH, "")
    rows = [WISH, full | WISH | {"external_id": "W2", "teacher_present": ""}]
    bring("requests", rows, headers=REQUEST)
    states = dict(db.session.execute(select(SupportRequest.external_id, SupportRequest.status)).all())
    assert states == {"W1": RequestStatus.OPEN, "W2": RequestStatus.SUBMITTED}


def test_what_a_file_does_not_hold_stays_as_it_was_written(bring):
    bring("requests", [WISH], headers=REQUEST)
    request = db.session.scalars(select(SupportRequest)).one()
    request.must_have, request.place, request.contact_phone = "ミシン", "家庭科室", "096-000-0000"
    db.session.commit()
    _, again = bring("requests", [WISH | {"description": "糸通しも手伝ってほしい"}], headers=REQUEST)
    assert (again["updated"], again["problems"]) == (1, [])
    assert (request.must_have, request.place, request.contact_phone) == ("ミシン", "家庭科室", "096-000-0000")


SEAT = {
    **{"external_id": "S1", "organisation": "環境政策課", "organisation_kind": "市役所", "ward": "中央区"},
    **{"title": "委員", "description": "意見がほしい", "programmes": "女性人材リスト"},
    **{"term": "2027-06-01〜2029-05-31", "council": "緑の審議会"},
}


def test_a_seat_names_its_council_and_an_older_file_empties_nothing(bring):
    assert bring("requests", [SEAT], headers=REQUEST)[1]["created"] == 1
    request = db.session.scalars(select(SupportRequest)).one()
    assert request.council == "緑の審議会"
    older = {name: value for name, value in SEAT.items() if name != "council"}
    assert bring("requests", [older], headers=REQUEST)[1]["unchanged"] == 1
    assert bring("requests", [SEAT | {"council": "水の審議会"}], headers=REQUEST)[1]["updated"] == 1
    assert request.council == "水の審議会"


def test_conditions_are_read_where_the_file_has_their_columns(bring):
    said = {
        **{
            "place": "家庭科室",
            "must_have": "ミシン",
            "insurance": "学校の保険",
            "travel_cost": "依頼する団体",
        },
        **{"parking": "正門の横", "contact_name": "教頭", "contact_phone": "０９６－０００－００００"},
    }
    assert bring("requests", [WISH | said], headers=REQUEST)[1]["created"] == 1
    request = db.session.scalars(select(SupportRequest)).one()
    assert (request.place, request.must_have, request.parking) == ("家庭科室", "ミシン", "正門の横")
    assert (request.insurance, request.travel_cost) == ("school", "requester")
    assert (request.contact_name, request.contact_phone) == ("教頭", "096-000-0000")
    assert bring("requests", [WISH | said | {"place": ""}], headers=REQUEST)[1]["updated"] == 1
    assert request.place == ""
    code, result = bring("requests", [WISH | said | {"insurance": "火災保険"}], headers=REQUEST)
    assert (code, [p["column"] for p in result["problems"]]) == (1, ["保険"])


def test_people_of_one_activity_share_a_request_and_a_change_is_reversed(bring):
    bring("registry", [PERSON, PERSON | {"external_id": "X2"}], headers=REGISTRY)
    second = DONE | {"external_id": "D2", "registrant_external_id": "X2"}
    bring("activities", [DONE, second], headers=ACTIVITY)
    assert count(SupportRequest) == 1
    assert count(Match) == 2
    code, result = bring(
        "activities", [DONE | {"participants": "25"}, second | {"participants": "25"}], headers=ACTIVITY
    )
    assert (code, result["updated"]) == (0, 2)
    kinds = list(db.session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq)))
    assert kinds == [EntryKind.COUNT] * 2 + [EntryKind.REVERSAL, EntryKind.COUNT] * 2
    assert verify().ok
    assert count(Registration) == 4


@pytest.mark.parametrize(
    ("changed", "figure"),
    [
        ({"ward": "西区", "school_district": ""}, ("西区", "", 20)),
        ({"school_district": "健軍"}, ("東区", "健軍", 20)),
        ({"participants": "0"}, ("東区", "", 0)),
        ({"title": "ミシンの会"}, ("東区", "", 20)),
        ({"organisation": "泉ヶ丘小学校"}, ("東区", "", 20)),
        ({"sessions": "R7.10.13 14:00-16:00；R7.10.14 9:00-10:00"}, ("東区", "", 20)),
        ({"programme": "学校支援ボランティア"}, ("東区", "", 20)),
        ({"registrant_external_id": "X2"}, ("東区", "", 20)),
    ],
)
def test_whatever_a_row_of_activities_changes_is_a_reversal_and_a_new_count(bring, changed, figure):
    bring("registry", [PERSON, PERSON | {"external_id": "X2"}], headers=REGISTRY)
    full = dict.fromkeys({**DONE, **changed}, "")
    bring("activities", [full | DONE], headers=ACTIVITY)
    for row in (full | DONE | changed, full | DONE):
        before = count(LedgerEntry)
        _, result = bring("activities", [row], headers=ACTIVITY)
        assert (result["updated"], count(LedgerEntry)) == (1, before + 2)
        assert bring("activities", [row], headers=ACTIVITY)[1]["unchanged"] == 1
        assert verify().ok
        booked = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
        expected = figure if row != full | DONE else ("東区", "", 20)
        assert (booked.ward, booked.district, booked.participants) == expected
    assert count(Match, Match.status == MatchStatus.COMPLETED) == 1
    assert count(Attendance) == 1


def test_two_who_helped_at_one_activity_may_be_booked_for_two_wards(bring):
    bring("registry", [PERSON, PERSON | {"external_id": "X2"}], headers=REGISTRY)
    other = DONE | {"external_id": "D2", "registrant_external_id": "X2", "ward": "西区"}
    assert bring("activities", [DONE, other], headers=ACTIVITY)[1]["created"] == 2
    assert bring("activities", [DONE, other], headers=ACTIVITY)[1]["unchanged"] == 2


def test_an_imported_activity_that_was_taken_back_is_counted_again_only_when_its_row_changes(bring):
    bring("registry", [PERSON], headers=REGISTRY)
    bring("activities", [DONE], headers=ACTIVITY)
    match, coordinator = db.session.scalars(select(Match)).one(), make_coordinator()
    with transaction():
        reports.reverse(coordinator, match, "wrong_figures")
    assert bring("activities", [DONE], headers=ACTIVITY)[1]["unchanged"] == 1
    assert bring("activities", [DONE | {"participants": "25"}], headers=ACTIVITY)[1]["updated"] == 1
    assert verify().ok
    with transaction():
        reports.reverse(coordinator, match, "wrong_figures")
        reports.report_again(coordinator, match)
    code, result = bring("activities", [DONE | {"participants": "30"}], headers=ACTIVITY)
    assert (code, result["unchanged"]) == (0, 1)
    assert "承諾" in bring.told


def test_an_activity_needs_a_programme_that_is_or_was_held(bring):
    bring("registry", [PERSON | {"status": "申請中", "valid_until": ""}], headers=REGISTRY)
    _, result = bring("activities", [DONE], headers=ACTIVITY)
    assert [p["column"] for p in result["problems"]] == ["登録区分"]
    expired = PERSON | {"external_id": "X2", "status": "期限切れ", "valid_until": "R6.3.31"}
    bring("registry", [expired], headers=REGISTRY)
    assert bring("activities", [DONE | {"registrant_external_id": "X2"}], headers=ACTIVITY)[0] == 0


@pytest.mark.parametrize("moved", [{"ward": "西区"}, {"place": "理科室"}, {"format": "オンライン"}])
def test_a_file_does_not_move_an_activity_behind_the_back_of_who_was_asked(bring, moved):
    full = WISH | {"place": "家庭科室", "format": "対面"}
    bring("registry", [PERSON], headers=REGISTRY)
    bring("requests", [full], headers=REQUEST)
    assert bring("requests", [full | moved], headers=REQUEST)[1]["updated"] == 1
    bring("requests", [full], headers=REQUEST)
    request, person = (
        db.session.scalars(select(SupportRequest)).one(),
        db.session.scalars(select(Registrant)).one(),
    )
    with transaction():
        offers.approve_match(make_coordinator(), request, person, offers.Terms(answer_by=clock.today()))
    code, result = bring("requests", [full | moved], headers=REQUEST)
    assert (code, [p["column"] for p in result["problems"]]) == (1, ["場所"])
    assert bring("requests", [full | {"parking": "正門の横"}], headers=REQUEST)[1]["updated"] == 1


def test_programmes_written_twice_are_one(bring):
    row = WISH | {"programmes": "講師登録;講師登録", "credentials_required": "防災士;防災士"}
    assert bring("requests", [row], headers=REQUEST)[1]["created"] == 1
    assert bring("requests", [row], headers=REQUEST)[1]["unchanged"] == 1


def test_the_dates_of_an_open_request_change_until_somebody_is_asked_for_them(bring):
    def dates():
        request = db.session.scalars(select(SupportRequest)).one()
        return [session.starts_at.astimezone(clock.TOKYO).day for session in request.sessions]

    bring("registry", [PERSON], headers=REGISTRY)
    bring("requests", [WISH], headers=REQUEST)
    later = WISH | {"sessions": "R8.10.13 14:00-16:00"}
    assert bring("requests", [later], headers=REQUEST)[1]["updated"] == 1
    assert dates() == [13]
    coordinator, request = make_coordinator(), db.session.scalars(select(SupportRequest)).one()
    person = db.session.scalars(select(Registrant)).one()
    with transaction():
        terms = offers.Terms(answer_by=clock.today())
        offers.approve_match(coordinator, request, person, terms)
    code, result = bring("requests", [WISH], headers=REQUEST)
    assert (code, [p["column"] for p in result["problems"]]) == (1, ["日時"])
    more = WISH | {"sessions": "R8.10.13 14:00-16:00；R8.10.12 9:00-10:00"}
    assert bring("requests", [more], headers=REQUEST)[1]["updated"] == 1
    assert dates() == [12, 13]
    assert bring("requests", [more], headers=REQUEST)[1]["unchanged"] == 1

"""A spreadsheet of people: kept as typed, its texts followed, a state or a term only told."""

import pytest
from sqlalchemy import select

from matching.kernel.db import db
from matching.registry.imports import HEADERS as REGISTRY
from matching.registry.models import Consent, Offering, Registrant, Registration
from tests.support.imported import PERSON, acts, count


def test_a_row_is_kept_as_typed_and_read_as_meant(bring):
    assert bring("registry", [PERSON], headers=REGISTRY, encoding="cp932")[0] == 0
    person = db.session.scalars(select(Registrant)).one()
    assert (person.name, person.birth_year, person.offerings[0].fee) == ("髙﨑 ①子", 1956, "5000")
    assert [h.weekday for h in person.weekly_hours] == [0, 1, 3, 5, 6]
    assert {r.programme for r in person.registrations} == {"school_support", "lecturer"}
    assert person.offerings[0].description == "=縫い方を教えます"


def test_each_registration_a_file_brings_leaves_an_act_of_its_own(bring):
    for _ in range(2):
        bring("registry", [PERSON], headers=REGISTRY)
        term = {"status": "approved", "valid_until": "2029-03-31"}
        assert acts("registration.import") == [
            ("registration.import", row.code, term | {"programme": row.programme})
            for row in db.session.scalars(select(Registration).order_by(Registration.id))
        ]
        assert count(Registration) == 2


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

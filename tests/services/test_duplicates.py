"""Who may be somebody registered already: told to whom it concerns, found by the indexes."""

import pytest
from sqlalchemy import event

from matching.kernel.db import db
from matching.kernel.permissions import Role
from matching.registry import duplicates
from tests.factories import make_account, make_coordinator, make_registrant, make_registration

KANA = "なかむら かずこ"


def known(**values):
    return make_registration(make_registrant(name="中村 和子", kana=KANA, **values)).registrant


def like(actor, name="中村和子", kana="", birth_year=None, phone=""):
    return duplicates.likely(actor, name, kana, birth_year, phone)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"name": "中村　和子"}, True),  # a wide blank
        ({"name": "", "kana": "ﾅｶﾑﾗ ｶｽﾞｺ"}, True),  # half-width katakana
        ({"name": "", "kana": "ナカムラカズコ"}, True),
        ({"name": "", "phone": "０９０（１１１１）２２２２"}, True),
        ({"name": "", "phone": "+81 90-1111-2222"}, True),
        ({"birth_year": 1955}, True),
        ({"birth_year": 1956}, False),
        ({"birth_year": 1956, "phone": "090-1111-2222"}, True),
        ({"name": "中村"}, False),  # a part is nobody
        ({"name": "", "phone": "090"}, False),
        ({"name": ""}, False),  # nothing is nobody, also of those who have no telephone
    ],
)
def test_spellings_of_the_same_person_meet(app, typed, found):
    person = known(birth_year=1955, phone="090-1111-2222")
    make_registration(make_registrant(name="別の 人", kana="べつの ひと", phone=""))
    assert list(like(make_coordinator(), **typed).people) == [person] * found


def test_those_in_scope_come_before_those_who_are_not(app):
    """However many namesakes there are elsewhere, the clerk is shown their own."""
    for _ in range(duplicates.MOST + 2):
        known(ward="西区")
    mine = known(ward="東区")
    found = like(make_coordinator(wards=["東区"]))
    assert list(found.people) == [mine]
    assert found.elsewhere == duplicates.MOST


def test_an_administrator_knows_of_everybody(app):
    people = [known(ward=ward) for ward in ("西区", "東区")]
    assert like(make_account(Role.ADMIN)) == duplicates.Likely(people, 0)


def test_who_may_not_merge_is_told_of_nobody(app):
    assert not duplicates.of(known(), make_account())


# how the plan is asked for, and what it says of a table that is read whole
PLANS = {
    "sqlite": ("", "EXPLAIN QUERY PLAN ", "SCAN registrant"),
    "postgresql": ("SET enable_seqscan = off", "EXPLAIN ", "Seq Scan on registrant"),
}


def test_every_key_is_looked_up_by_its_index(app):
    """However many people there are: neither database reads all of them."""
    actor = make_coordinator(wards=["東区"])
    prepare, explain, whole = PLANS[db.engine.dialect.name]
    asked = []

    def note(_connection, _cursor, *said):
        asked.append(said[:2])

    event.listen(db.engine, "before_cursor_execute", note)
    like(actor, kana=KANA, birth_year=1955, phone="090-1111-2222")
    said, values = next(one for one in asked if "name_key = " in one[0])
    with db.engine.connect() as connection:
        connection.exec_driver_sql(prepare)
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + said, values))
    assert whole not in plan
    for key in ("name_key", "kana_key", "phone_key"):
        assert f"ix_registrant_{key}" in plan

"""A spreadsheet of requests: what it holds is read, all else stays, and nobody who was asked is moved."""

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.matches.services import offers
from matching.registry.imports import HEADERS as REGISTRY
from matching.registry.models import Registrant
from matching.requests.imports import HEADERS as REQUEST
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import make_coordinator
from tests.support.imported import PERSON, WISH

SEAT = {
    **{"external_id": "S1", "organisation": "環境政策課", "organisation_kind": "市役所", "ward": "中央区"},
    **{"title": "委員", "description": "意見がほしい", "programmes": "女性人材リスト"},
    **{"term": "2027-06-01〜2029-05-31", "council": "緑の審議会"},
}


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

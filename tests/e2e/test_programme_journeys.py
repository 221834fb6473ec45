"""Each programme's own journey, from the registration on a phone to the figure that moved.

The main job is told in full by 学校支援ボランティア (test_journey.py) and 活動の場 turned round
(test_stage_journey.py); these say what is particular to the other seven.
"""

from datetime import date

import pytest

from tests.e2e import steps
from tests.e2e.people import PHONE
from tests.factories import at, make_account, make_coordinator, make_organisation, make_requester

DAY = date(2026, 10, 20)
DATES = {
    "sessions-0-day": DAY.isoformat(),
    "sessions-0-starts": "10:00",
    "sessions-0-ends": "11:30",
}


@pytest.fixture
def resident(window, app):
    return window(make_account(name="中村 和子"), PHONE)


@pytest.fixture
def clerk(window, app):
    return window(make_coordinator(name="担当 花子"))


@pytest.fixture
def member(window, app):
    """A factory of contacts of an organisation of this kind."""

    def join(kind, name):
        account = make_requester(name="担当 次郎")
        make_organisation(account, kind=kind, name=name)
        return window(account)

    return join


def test_a_lecturer(person, window, resident, clerk, member):
    steps.register(
        resident,
        "lecturer",
        title="水彩画",
        description="はじめての方に、透明水彩で花や野菜を描く楽しさを教えます。",
        level="introductory",
        minutes="90",
        capacity="15",
        equipment="水道のある部屋",
        fee="expenses",
    )
    steps.approve(clerk, "中村 和子")
    hall = member("community_centre", "東部公民館")
    request = steps.ask(
        hall,
        "講座や学習会の講師",
        title="水彩画講座の講師",
        description="はじめての方の講座で、水彩画の描き方を教えてほしいです。",
        fee="実費",
        **DATES,
    )
    steps.look_for(clerk, request)
    for said in ("程度: 入門", "必要な設備", "水道のある部屋", "90"):
        assert clerk.sees(said)
    steps.offer(clerk, "中村 和子")
    steps.accept(resident, "水彩画講座の講師")
    assert resident.sees("実費")
    with window.later(at(DAY, 13)):
        steps.report(hall, request, participants="12")
        steps.confirm(clerk, request)
        steps.counted(person(), "講師登録", 2)

"""打診と活動, a page at a time: what is in hand first, then what is over, each match on one page."""

import re
from datetime import timedelta

from matching.kernel import clock
from matching.matches.models import MatchStatus
from tests.factories import make_coordinator, make_match, make_registration, make_request

STATES = (
    *(MatchStatus.COMPLETED, MatchStatus.OFFERED, MatchStatus.DECLINED, MatchStatus.ACCEPTED),
    *(MatchStatus.COMPLETED, MatchStatus.REPORTED, MatchStatus.LAPSED),
)
ORDER = (MatchStatus.OFFERED, MatchStatus.ACCEPTED, MatchStatus.REPORTED)


def test_every_match_stands_on_one_page_what_is_in_hand_first(clients, monkeypatch):
    monkeypatch.setattr("matching.matches.queries.PAGE", 4)
    person = make_registration()
    day = clock.today() + timedelta(days=20)
    matches = [
        make_match(make_request(None, day + timedelta(days=n)), person, STATES[n % 7]) for n in range(18)
    ]
    browser = clients(make_coordinator())
    pages = [browser.get(f"/matches?page={n}").get_data(as_text=True) for n in range(1, 6)]
    listed = [re.findall(r'<h3><a href="/matches/([^"]+)"', page) for page in pages]
    assert [len(codes) for codes in listed] == [4, 4, 4, 4, 2]
    expected = sorted(
        matches, key=lambda m: (ORDER.index(m.status) if m.status in ORDER else len(ORDER), -m.id)
    )
    assert [code for codes in listed for code in codes] == [match.code for match in expected]
    assert "返事を待っているもの（3）" in pages[0]
    assert "2ページ目" in pages[1]
    assert ["次のページ" in page for page in pages] == [True] * 4 + [False]
    assert ["前のページ" in page for page in pages] == [False] + [True] * 4
    assert "終わったもの" in pages[-1]
    assert "終わったもの（" not in pages[-1]


def test_a_page_too_far_is_the_first(clients):
    match = make_match(make_request(), make_registration())
    browser = clients(make_coordinator())
    for number in ("2", "99999", "x", "-1", "0"):
        assert match.code in browser.get(f"/matches?page={number}").get_data(as_text=True)

"""Long lists: every row is on some page, and the way leads on with what was chosen."""

import re
from datetime import date

import pytest

from matching.kernel import paging
from matching.registry.models import RegistrationStatus
from matching.requests.models import RequestStatus
from tests.factories import (
    make_coordinator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
)

LISTS = {"/requests?status=open": 5, "/organisations": 7, "/registry/queue": 3, "/registry/registrations": 3}


def world():
    for number in range(5):
        make_request(
            make_organisation(name=f"団体その{number}"), date(2026, 11, 1 + number), title=f"依頼その{number}"
        )
    for _ in range(2):
        make_request(make_organisation(), status=RequestStatus.SUBMITTED, title="受付を待つもの")
    for number in range(3):
        make_registration(make_registrant(name=f"人その{number}"), status=RegistrationStatus.SUBMITTED)


@pytest.mark.parametrize(("path", "rows"), LISTS.items())
def test_each_row_is_on_one_page(clients, monkeypatch, path, rows):
    monkeypatch.setattr(paging, "PAGE", 2)
    world()
    browser, seen = clients(make_coordinator()), []
    while path:
        page = browser.get(path).get_data(as_text=True)
        seen += re.findall(r'<(?:h2|th scope="row")><a href="([^"]+)"', page)
        on = re.search(r'href="([^"]+)">次のページ', page)
        path = on.group(1).replace("&amp;", "&") if on else None
    assert len(seen) == len(set(seen)) == rows


@pytest.mark.parametrize("wanted", ["99", "0", "-1", "x", "１", "9" * 400])
def test_a_page_that_is_none_is_answered_with_one(clients, wanted):
    world()
    browser = clients(make_coordinator())
    for path in ("/requests", "/organisations"):
        page = browser.get(path, query_string={"page": wanted})
        assert page.status_code == 200 and "その4" in page.get_data(as_text=True)

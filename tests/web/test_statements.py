"""A page takes at most twelve statements, whatever it shows."""

import pytest

from matching.kernel.db import db
from matching.municipality.city import municipality
from tests.e2e.test_every_page import everybody, pages  # noqa: F401 – the fixture of the same person
from tests.factories import make_account, make_registrant, make_registration
from tests.support.statements import statements

MOST = 12


def test_every_page_takes_few_statements(clients, everybody):  # noqa: F811
    asked = list(pages(everybody))
    browser = clients(everybody)
    taken = {}
    for name, path in asked:
        with statements() as said:
            browser.get(path)
        taken[name] = len(said)
    assert {name: n for name, n in taken.items() if n > MOST} == {}


@pytest.mark.parametrize(
    "path", ["/registry", "/registry/me", "/registry/consents", "/registry/availability"]
)
def test_a_person_in_every_programme_takes_no_more(clients, path):
    account = make_account()
    first, *others = municipality().programmes
    registrant = make_registration(make_registrant(account), first).registrant
    browser, taken = clients(account), []
    for programmes in ((), others):
        for programme in programmes:
            make_registration(registrant, programme)
        db.session.rollback()
        with statements() as said:
            assert browser.get(path).status_code == 200
        taken.append(len(said))
    assert taken[1] == taken[0] <= MOST

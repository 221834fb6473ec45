"""A page takes at most twelve statements, whatever it shows."""

import pytest

from matching.accounts.models import AccountRole
from matching.kernel.db import db
from matching.kernel.permissions import Role
from tests.e2e.test_every_page import pages
from tests.factories import make_coordinator
from tests.support.statements import statements

MOST = 12
# Still above it: what ranks people reads the gates' facts in statements of their own.
RANKING = {"candidates": 23, "candidates-wished": 18, "plan": 24, "openings": 20}


@pytest.fixture
def everybody(app):
    account = make_coordinator(name="見本 太郎")
    account.role_rows += [AccountRole(role=Role.ADMIN), AccountRole(role=Role.REQUESTER)]
    db.session.commit()
    return account


def test_every_page_takes_few_statements(clients, everybody):
    asked = list(pages(everybody))
    browser = clients(everybody)
    taken = {}
    for name, path in asked:
        with statements() as said:
            browser.get(path)
        taken[name] = len(said)
    assert {name: n for name, n in taken.items() if n > RANKING.get(name, MOST)} == {}

"""Those registered before the revision are found by their keys as those after it."""

import flask_migrate

from matching.kernel.db import db
from matching.registry.models import Registrant
from tests.factories import make_registrant


def test_keys_of_those_already_registered(app):
    person = make_registrant(name="ﾅｶﾑﾗ　和子", kana="ナカムラ かずこ", phone="＋８１ 96-111-2222")
    code, kept = person.code, (person.name_key, person.kana_key, person.phone_key)
    assert kept == ("なかむら和子", "なかむらかずこ", "0961112222")
    db.session.rollback()
    flask_migrate.downgrade(revision="0010")
    flask_migrate.upgrade()
    found = db.session.query(Registrant).filter_by(code=code).one()
    assert (found.name_key, found.kana_key, found.phone_key) == kept

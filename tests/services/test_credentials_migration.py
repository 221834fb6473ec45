"""Certificates that were there before: each gets its code, and its number as it is compared."""

import flask_migrate
from sqlalchemy import text

from matching.kernel.db import db
from matching.registry.models_credentials import Credential, Verification
from tests.factories import make_credential, make_registrant


def test_older_certificates_are_filled_in(app):
    for number in ("第１２３－４５６号", ""):
        make_credential(make_registrant(), certificate_number=number, verification=Verification.STATED)
    db.session.rollback()
    flask_migrate.downgrade(revision="0006")
    assert db.session.scalar(text("SELECT count(*) FROM credential")) == 2
    db.session.rollback()
    flask_migrate.upgrade()
    first, second = db.session.query(Credential).order_by(Credential.id)
    assert (first.number_key, second.number_key) == ("123456", "")
    assert len({first.code, second.code, ""}) == 3

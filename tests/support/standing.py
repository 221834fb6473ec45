"""What stands after an act: the mails that wait, and the match somebody has with a request."""

from sqlalchemy import select

from matching.kernel.db import db
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import Match


def mails():
    return [
        (m.recipient, m.body) for m in db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    ]


def told():
    return {recipient for recipient, _ in mails()}


def match_of(request, registration):
    statement = select(Match).filter_by(request_id=request.id, registrant_id=registration.registrant_id)
    return db.session.scalars(statement).first()

"""Rows of the city's spreadsheets, each right as it is, and what an import left behind."""

from sqlalchemy import func, select

from matching.kernel.audit import AuditEvent
from matching.kernel.db import db

PERSON = {
    "external_id": "X1",
    "name": "髙﨑 ①子",
    "kana": "たかさき いちこ",
    "ward": "東区",
    "programmes": "学校支援ボランティア;講師登録",
    "status": "承認",
    "valid_until": "R11.3.31",
    "title": "ミシン",
    "description": "=縫い方を教えます",
    "birth_year": "S31",
    "weekly_hours": "月火木 13:00-16:00; 土日 09:00-12:00",
    "fee": "５０００",
    "consent_contact": "○",
}
WISH = {
    "external_id": "W1",
    "organisation": "健軍小学校",
    "organisation_kind": "小学校",
    "ward": "東区",
    "title": "授業の手伝い",
    "description": "手伝ってほしい",
    "minors": "○",
    "teacher_present": "○",
    "continuing": "×",
    "sessions": "R8.10.12 14:00-16:00",
}
DONE = {
    "external_id": "D1",
    "registrant_external_id": "X1",
    "organisation": "健軍小学校",
    "organisation_kind": "小学校",
    "ward": "東区",
    "programme": "講師登録",
    "title": "ミシン教室",
    "sessions": "2025-10-12 14:00-16:00",
    "participants": "20",
}


def count(model, *conditions):
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions))


def acts(*actions):
    """Of these acts: what was done to which code, with what."""
    found = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.id)
    )
    return [(act.action, act.subject_code, act.details) for act in found]

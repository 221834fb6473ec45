"""Promise 8: of two who edit one thing from the same page, the second loses and overwrites nothing."""

import inspect
from dataclasses import dataclass
from typing import Any

import pytest
from wtforms import HiddenField

from matching.accounts.models import AccountRole
from matching.kernel.db import db
from matching.kernel.permissions import Role
from matching.matches import forms as matches
from matching.organisations import forms as organisations
from matching.registry import forms as registry
from matching.registry import forms_proofs as proofs
from matching.registry.models import RegistrationStatus
from matching.registry.models_credentials import Verification
from matching.requests import forms as requests
from matching.words import forms as words
from tests.factories import (
    make_account,
    make_coordinator,
    make_credential,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
    make_words,
)
from tests.support.soak import ROUNDS, tally
from tests.support.versions import version_on
from tests.web.test_bad_input import wish

PERSON = {"kind": "person", "kana": "やまだ はなこ", "ward": "東区", "birth_year": "S31"}


@dataclass
class Edited:
    """Who edits what: where the page is read and sent, what each types, and words of both to find again."""

    account: Any
    page: str
    first: dict[str, Any]
    second: dict[str, Any]
    now: str  # what the first wrote, as the second's page shows it
    mine: str  # what the second wrote, still there
    sent: str = ""


def office(**values):
    account = make_coordinator(**values)
    account.role_rows += [AccountRole(role=Role.ADMIN), AccountRole(role=Role.REQUESTER)]
    db.session.commit()
    return account


def a_request():
    account = make_requester()
    school = make_organisation(account)
    request = make_request(school, status="draft")
    texts = {n: wish(school, draft="1", title=f"題その{n}", description=f"文その{n}") for n in (1, 2)}
    return Edited(account, f"/requests/{request.code}/edit", texts[1], texts[2], "文その1", "文その2")


def a_stage():
    account = make_requester()
    hall = make_organisation(account, kind="community_centre")
    stage = make_request(hall, programmes=("stage",), status="draft")
    texts = {n: wish(hall, draft="1", title=f"場その{n}", description=f"文その{n}") for n in (1, 2)}
    return Edited(account, f"/requests/{stage.code}/edit", texts[1], texts[2], "文その1", "文その2")


def a_change_of_dates():
    account = make_requester()
    request = make_request(make_organisation(account))
    day = {"sessions-0-day": "2026-12-01", "sessions-0-starts": "10:00", "sessions-0-ends": "11:00"}
    page = f"/requests/{request.code}/change"
    return Edited(account, page, day | {"place": "体育館"}, day | {"place": "図書室"}, "体育館", "図書室")


def an_organisation():
    account = make_requester()
    code = make_organisation(account).code
    return renamed(account, f"/organisations/{code}/edit", code)


def an_operator():
    code = make_operator().code
    return renamed(office(), f"/operators/{code}", code)


def renamed(account, page, code):
    """No name is given twice, however many rounds there are."""
    now, mine = f"新しい名{code}", f"別の名{code}"
    return Edited(account, page, {"name": now}, {"name": mine}, now, mine)


def a_group_of_words():
    page = f"/words/{make_words('着物', 'きもの').code}"
    return Edited(office(), page, {"words": "着物\n和服"}, {"words": "着物\n着る物"}, "和服", "着る物")


def a_removed_group():
    group = make_words("着物", "きもの")
    page, removal = f"/words/{group.code}", f"/words/{group.code}/remove"
    first = {"words": "着物\n和服"}
    return Edited(office(), page, first, {}, "和服", "まだ消していません", sent=removal)


def own(path):
    """The person's own availability: the page is one, what is sent differs."""

    def make(first, second, now, mine):
        account = make_account()
        make_registration(make_registrant(account))
        sent = f"/registry/availability{path}"
        return Edited(account, "/registry/availability", first, second, now, mine, sent=sent)

    return make


def my_place():
    return own("")({"areas": ["東区"]}, {"areas": ["西区"]}, "東区", "西区")


def my_hours():
    first = {"weekday": "0", "starts": "09:00", "ends": "10:00"}
    second = {"weekday": "1", "starts": "13:00", "ends": "14:00"}
    return own("/hours")(first, second, "09:00", "13:00")


def my_absence():
    first = {"first_day": "2026-12-01", "last_day": "2026-12-02"}
    second = {"first_day": "2026-12-10", "last_day": "2026-12-11"}
    return own("/absences")(first, second, "12月1日", "12月10日")


def my_pause():
    """Somebody changes the hours while the pause is being decided."""
    edited = my_hours()
    edited.second = {"until": "2026-12-31"}
    edited.mine = "休む"
    return edited


def step(name, first, second, now, mine):
    """A step of the registration, open in two windows of the person who is writing it."""
    account = make_account()
    make_registration(make_registrant(account), "lecturer", status=RegistrationStatus.DRAFT)
    return Edited(account, f"/registry/register/{name}", first, second, now, mine)


def my_entry():
    texts = {name: PERSON | {"name": name} for name in ("山田 花子", "山田 華子")}
    return step("person", *texts.values(), *texts)


def my_first_entry():
    texts = {name: PERSON | {"name": name} for name in ("山田 花子", "山田 華子")}
    return Edited(make_account(), "/registry/register/person", *texts.values(), *texts)


def my_offering():
    texts = {n: {"programmes": ["lecturer"], "title": "話", "description": f"文その{n}"} for n in (1, 2)}
    return step("offering", texts[1], texts[2], "文その1", "文その2")


def my_days():
    first = {"hours-2-starts": "09:00", "hours-2-ends": "10:00"}
    second = {"hours-3-starts": "13:00", "hours-3-ends": "14:00"}
    return step("availability", first, second, "09:00", "13:00")


def my_consents():
    given = {p: [f"lecturer:{p}", "lecturer:rules_of_conduct"] for p in ("public_listing", "contact_sharing")}
    first, second = ({"consents": ticked} for ticked in given.values())
    return step("consents", first, second, "公開の同意", "連絡先提供の同意")


def a_certificate():
    registrant = make_registration(programme="lecturer").registrant
    seen = {day: {"evidence": "original", "issued_on": day} for day in ("2020-05-01", "2021-06-01")}
    credential = make_credential(registrant, "teaching_licence", verification=Verification.STATED)
    page = f"/registry/credentials/{credential.code}"
    return Edited(office(), page, *seen.values(), "2020年5月1日", "2021-06-01", sent=f"{page}/verify")


MAKERS = {
    requests.RequestForm: [a_request],
    requests.StageForm: [a_stage],
    matches.ChangeForm: [a_change_of_dates],
    organisations.EditForm: [an_organisation],
    organisations.OperatorForm: [an_operator],
    words.GroupForm: [a_group_of_words],
    words.RemovalForm: [a_removed_group],
    registry.PlaceForm: [my_place],
    registry.HoursForm: [my_hours],
    registry.AbsenceForm: [my_absence],
    registry.PauseForm: [my_pause],
    registry.PersonStepForm: [my_entry, my_first_entry],
    registry.OfferingStepForm: [my_offering],
    registry.AvailabilityStepForm: [my_days],
    registry.ConsentStepForm: [my_consents],
    proofs.SeenForm: [a_certificate],
}


def test_every_form_with_a_version_is_tried():
    """A form that carries a version and has no case here turns this red."""
    versioned = {
        form
        for module in (matches, organisations, proofs, registry, requests, words)
        for _, form in inspect.getmembers(module, inspect.isclass)
        if form.__module__ == module.__name__ and getattr(form, "version", None) is not None
        if form.version.field_class is HiddenField
    }
    assert versioned == set(MAKERS)


@pytest.mark.soak
@pytest.mark.parametrize("make", [m for makers in MAKERS.values() for m in makers], ids=lambda m: m.__name__)
def test_the_second_is_shown_both(clients, make):
    for _ in range(ROUNDS):
        edited = make()
        browser = clients(edited.account)
        page = browser.get(edited.page)
        assert page.status_code == 200
        version = version_on(page)
        to_first = edited.page if make is a_removed_group else edited.sent or edited.page
        to_second = "/registry/availability/pause" if make is my_pause else edited.sent or edited.page
        assert browser.post(to_first, data=edited.first | {"version": version}).status_code == 303
        stale = browser.post(to_second, data=edited.second | {"version": version})
        told = stale.get_data(as_text=True)
        assert stale.status_code == 409
        assert edited.now in told and edited.mine in told
        again = browser.get(edited.page).get_data(as_text=True)
        assert edited.now in again  # the first's stands
        tally(f"promise 8 {db.engine.dialect.name}", rounds=1, attempts=2, winners=1, shown_both=1)

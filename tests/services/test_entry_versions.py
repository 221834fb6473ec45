"""Whoever changes what a person wrote raises its version: a step that is open meanwhile is stale."""

from datetime import date

import pytest

from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict
from matching.registry import rewriting
from matching.registry.models import ConsentPurpose, Registrant, RegistrationStatus
from matching.registry.models_credentials import Verification
from matching.registry.services import consents, credentials, editing, entries, erasing
from matching.registry.services.merging import merge
from tests.factories import (
    make_account,
    make_coordinator,
    make_credential,
    make_registrant,
    make_registration,
)

PERSON = entries.PersonValues(name="山田 花子", kana="やまだ はなこ", ward="東区", birth_year=1956)
OFFERING = entries.OfferingValues(title="話", description="話します。")


@pytest.fixture
def registration(app):
    person = make_registrant(make_account())
    make_credential(person, verification=Verification.STATED)
    return make_registration(person, "lecturer", status=RegistrationStatus.DRAFT)


def version(registrant):
    db.session.rollback()
    return db.session.get_one(Registrant, registrant.id).entry_version


def agrees(person, registration):
    consents.agree(person.account, registration, ConsentPurpose.PUBLIC_LISTING)


def withdraws(person, registration):
    consents.withdraw(person.account, registration, ConsentPurpose.CONTACT_SHARING)


def is_edited(person, registration):
    editing.edit_person(person.account, person, person.entry_version, PERSON)


def offers(person, registration):
    editing.edit_offering(person, person.entry_version, ["lecturer"], OFFERING)


def ticks(person, registration):
    given = {registration: [ConsentPurpose.RULES_OF_CONDUCT]}
    editing.edit_consents(person.account, person, person.entry_version, given)


def is_verified(person, registration):
    credential = person.credentials[0]
    seen = credentials.SeenValues(
        certificate_number="200123", issued_on=None, expires_on=None, evidence="card"
    )
    credentials.verify_credential(make_coordinator(), credential, credential.version, seen)


def is_imported(person, registration):
    assert rewriting.rewrite(None, person, PERSON, OFFERING, entries.AvailabilityValues(), {})


ACTS = [agrees, withdraws, is_edited, offers, ticks, is_verified, is_imported]


@pytest.mark.parametrize("act", ACTS)
def test_the_version_is_raised(registration, act):
    before = version(registration.registrant)
    with transaction():
        act(registration.registrant, registration)
    assert version(registration.registrant) > before
    with pytest.raises(Conflict), transaction():
        editing.edit_person(registration.registrant.account, registration.registrant, before, PERSON)


def test_what_changes_nothing_raises_nothing(registration):
    person = registration.registrant
    with transaction():
        is_imported(person, registration)
    before = version(person)
    with transaction():
        assert not rewriting.rewrite(None, person, PERSON, OFFERING, entries.AvailabilityValues(), {})
        consents.agree(person.account, registration, ConsentPurpose.CONTACT_SHARING)  # it stands
        consents.withdraw(person.account, registration, ConsentPurpose.PUBLIC_LISTING)  # it was never given
    assert version(person) == before


@pytest.mark.parametrize(("paper", "online"), [(1, 1), (5, 2), (2, 5)])
@pytest.mark.parametrize("name", ["entry_version", "availability_version"])
def test_after_a_merge_no_page_of_either_record_is_fresh(app, name, paper, online):
    kept, gone = make_registrant(**{name: paper}), make_registrant(make_account(), **{name: online})
    with transaction():
        merge(make_coordinator(), kept, gone)
    assert getattr(db.session.get_one(Registrant, kept.id), name) > max(paper, online)


def test_nobody_writes_into_an_erased_entry(registration):
    person = registration.registrant
    with transaction():
        erasing.erase(None, person)
    with pytest.raises(Conflict, match="消去"), transaction():
        editing.edit_person(make_account(), person, person.entry_version, PERSON)
    with pytest.raises(Conflict, match="消去"), transaction():
        editing.edit_availability(person, person.availability_version, entries.AvailabilityValues())


def test_a_certificate_dated_anew_by_the_person_is_stale_for_the_coordinator(registration):
    person = registration.registrant
    credential = person.credentials[0]
    read = credential.version
    for day in (date(2020, 5, 1), date(2020, 5, 1)):
        stated = entries.CredentialValues(kind="bosaishi", issued_on=day)
        values = entries.OfferingValues(title="話", description="話します。", credentials=(stated,))
        with transaction():
            entries.write_offering(person, ["lecturer"], values)
        assert [c.version for c in person.credentials] == [read + 1]
    seen = credentials.SeenValues(
        certificate_number="200123", issued_on=None, expires_on=None, evidence="card"
    )
    with pytest.raises(Conflict), transaction():
        credentials.verify_credential(make_coordinator(), credential, read, seen)

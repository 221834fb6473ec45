"""Consents: which mean something for a registration, given and withdrawn at any time, each act audited."""

from collections.abc import Iterable

from matching.accounts.models import Account
from matching.kernel import audit, events
from matching.kernel.clock import now, today
from matching.kernel.db import db
from matching.kernel.errors import RuleViolation
from matching.municipality.city import municipality
from matching.registry import rules
from matching.registry.models import Consent, ConsentPurpose, Registration
from matching.registry.services import life
from matching.registry.services.versions import raise_version


def asked(registration: Registration) -> list[tuple[ConsentPurpose, bool]]:
    """(purpose, required) of every consent that means something for this registration."""
    programme, registrant = municipality().programmes[registration.programme], registration.registrant
    guardian = rules.guardian_needed(registrant.birth_year, today(), programme.guardian_age)
    return rules.asked_consents(
        programme.consents,
        staff_only=programme.staff_only,
        guardian=guardian,
        optional=programme.may_consent,
    )


def meaningful(registration: Registration, purposes: Iterable[ConsentPurpose]) -> list[ConsentPurpose]:
    """Those of the purposes that mean something for this registration."""
    wanted = set(purposes)
    return [purpose for purpose, _ in asked(registration) if purpose in wanted]


def ends_registration(registration: Registration, purpose: ConsentPurpose) -> bool:
    """Whether withdrawing this consent withdraws the registration: it cannot be held without."""
    required = (purpose, True) in asked(registration)
    return required and (registration.status, "withdraw") in rules.LIFE_CYCLE


def give(actor: Account | None, registration: Registration, *purposes: ConsentPurpose) -> None:
    """Consent to the texts as they are now. One that stands stays as it was given."""
    db.session.refresh(registration, with_for_update=True)
    if len(meaningful(registration, purposes)) < len(purposes):
        raise RuleViolation("この登録区分では、この同意は必要ありません。")
    wanted = [purpose for purpose in purposes if not registration.consented(purpose)]
    for purpose in wanted:
        version = municipality().consent_text(purpose).version
        registration.consents.append(Consent(purpose=purpose, version=version, given_at=now()))
        audit.record(actor, "consent.give", registration, purpose=purpose.value, version=version)
    db.session.flush()


def withdraw(actor: Account, registration: Registration, purpose: ConsentPurpose) -> None:
    """Take the consent back, effective now. A required one ends the registration. Again: nothing more."""
    db.session.refresh(registration, with_for_update=True)
    consent = registration.consent_to(purpose)
    if consent is None:
        return
    ends = ends_registration(registration, purpose)
    end(actor, consent, registration)
    if ends:
        life.withdraw(actor, registration)
    raise_version(registration.registrant)  # last: whoever ends matches locks requests before people


def agree(actor: Account, registration: Registration, purpose: ConsentPurpose) -> None:
    """Give this consent outside of the steps: one that is open meanwhile is stale. Again: nothing more."""
    db.session.refresh(registration, with_for_update=True)
    stood = registration.consented(purpose)
    give(actor, registration, purpose)
    if not stood:
        raise_version(registration.registrant)


def end(actor: Account | None, consent: Consent, registration: Registration) -> None:
    """The consent no longer stands; whoever acts on it is told in the same transaction."""
    consent.withdrawn_at = now()
    audit.record(
        actor,
        "consent.withdraw",
        registration,
        purpose=consent.purpose.value,
        version=consent.version,
    )
    db.session.flush()
    events.consent_withdrawn.send(consent, actor=actor)

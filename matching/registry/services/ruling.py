"""What the programmes' rules say to what people type. An import is not asked: paper has decided it."""

from collections.abc import Collection, Iterable
from datetime import date

from matching.accounts.models import Account
from matching.kernel.clock import now, today
from matching.kernel.db import db
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.rulings import Ruling
from matching.municipality.city import Programme, municipality
from matching.registry import rules
from matching.registry.models import (
    ConsentPurpose,
    Registrant,
    RegistrantKind,
    Registration,
    RegistrationDocument,
)
from matching.registry.services import credentials


def check_guardian(name: str, guardian: str) -> None:
    """A guardian who is the minor is none."""
    if rules.own_guardian(name, guardian):
        raise Invalid("guardian_name", "ご本人とは別の、保護者（父母など）のお名前を入力してください。")


def check_details(programmes: Iterable[str], disaster: str) -> None:
    """What the chosen programmes cannot do without: 熊本地震 alone is not one disaster."""
    known = municipality().programmes
    if not disaster and any("disaster" in known[key].asks for key in programmes):
        raise Invalid("disaster", "どの災害の話かを、一覧から選んでください。")


def check_group(kind: RegistrantKind, representative: str) -> None:
    """Somebody answers for a group."""
    if kind is RegistrantKind.GROUP and not representative:
        raise Invalid("representative", "団体の代表者のお名前を入力してください。")


def check_person(registrant: Registrant, programmes: Iterable[str]) -> None:
    """What the programmes ask of who somebody is: the age, and a guardian."""
    check_guardian(registrant.name, registrant.guardian_name)
    day, born, guardian = today(), registrant.birth_year, registrant.guardian_name
    for programme in (municipality().programmes[key] for key in programmes):
        if registrant.kind is RegistrantKind.PERSON:
            _refuse(programme, rules.too_young(born, day, programme.minimum_age))
        _refuse(programme, rules.guardian_missing(born, guardian, day, programme.guardian_age))


def check_application(registrant: Registrant, registrations: Collection[Registration]) -> None:
    """What the programmes ask before the application is sent. Invalid names rule and article."""
    check_person(registrant, [registration.programme for registration in registrations])
    for registration in registrations:
        programme = municipality().programmes[registration.programme]
        given = [purpose for purpose in ConsentPurpose if registration.consented(purpose)]
        for _, purpose in rules.missing_consents(
            {programme.key: programme.consents},
            {programme.key: given},
            minor=rules.guardian_needed(registrant.birth_year, today(), programme.guardian_age),
        ):
            article = programme.article("consents")
            _refuse(programme, rules.consent_refusal(purpose, article, programme.guardian_age))


def check_approval(registration: Registration, valid_until: date, documents: Collection[str]) -> None:
    """What a programme asks of an approval: its term, the documents seen, the certificate's number."""
    city = municipality()
    programme = city.programmes[registration.programme]
    _refuse(programme, rules.wrong_term(valid_until, today(), programme.term))
    _refuse(programme, rules.documents_missing(programme.documents, documents, city.document_kinds))
    shown = {
        kind
        for c in registration.registrant.credentials
        if credentials.shown(c)
        for kind in city.covered(c.kind)
    }
    _require_credentials(programme, shown)


def check_renewal(registration: Registration) -> None:
    """What a registration that has ended needs to come back into force without being applied for anew."""
    city, day = municipality(), today()
    programme, registrant = city.programmes[registration.programme], registration.registrant
    try:
        check_application(registrant, [registration])
    except Invalid as error:
        raise RuleViolation(f"{error.sentence}更新ではなく、あらためて申請してもらってください。") from error
    held = {kind for c in registrant.credentials if c.holds_on(day) for kind in city.covered(c.kind)}
    _require_credentials(programme, held)


def _require_credentials(programme: Programme, held: Collection[str]) -> None:
    article, names = programme.article("credentials"), municipality().credential_kinds
    lacking = rules.credentials_missing(programme.credentials, article, held, names)
    if lacking:
        raise RuleViolation(lacking.told(programme.name))


def write_documents(actor: Account, registration: Registration, kinds: Collection[str]) -> None:
    """Who saw which of the required documents, and when; seen again, the later sight stands."""
    required = municipality().programmes[registration.programme].documents
    known = {document.kind: document for document in registration.documents}
    for kind in required.value if required else ():
        if kind in kinds and kind in known:
            known[kind].seen_at, known[kind].seen_by_id = now(), actor.id
        elif kind in kinds:
            seen = RegistrationDocument(kind=kind, seen_at=now(), seen_by_id=actor.id)
            registration.documents.append(seen)
    db.session.flush()


def _refuse(programme: Programme, ruling: Ruling | None) -> None:
    if ruling is not None:
        raise Invalid(ruling.field, ruling.told(programme.name))

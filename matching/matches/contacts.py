"""Whose contacts a reader may see now, and on what that rests."""

from dataclasses import dataclass

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.errors import RuleViolation
from matching.kernel.permissions import COORDINATOR, ORGANISATION, allowed, stands
from matching.matches import queries
from matching.matches.models import STANDING, Match
from matching.registry.models import ConsentPurpose, Registrant
from matching.requests.models import SupportRequest
from matching.requests.wording import wording_of


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody, for a reader who may know it now. `subject`: whose it is."""

    subject: Registrant | SupportRequest
    whose: str
    name: str
    phone: str
    email: str
    basis: str  # on what the disclosure rests
    emergency: str = ""


def office(viewer: Account, match: Match) -> bool:
    """Whether the viewer works on this match for the city; in their own organisation they are a member."""
    return (
        COORDINATOR in viewer.roles
        and allowed(viewer, "match.record_attempt", match)
        and ORGANISATION not in stands(viewer, match.request, "request")
    )


def sees_contact(viewer: Account, match: Match, *, staff: bool) -> bool:
    """From acceptance until the activity is done; `staff` (see `office`) from the offer on."""
    if staff:
        return match.status in STANDING
    return match.status in queries.REACHABLE and allowed(viewer, "match.see_contact", match)


def shares_contact(match: Match) -> bool:
    """Whether the person lets the other side have their contact: by registration, or for this match."""
    return _sharing_basis(match) is not None


def _sharing_basis(match: Match) -> str | None:
    """On which consent the requester may have the contact: its purpose and version, or the match's own."""
    consent = match.registration.consent_to(ConsentPurpose.CONTACT_SHARING)
    if consent is not None:
        return f"{consent.purpose.value} {consent.version}"
    return audit.FOR_MATCH if match.contact_consent else None


def contacts(viewer: Account, match: Match) -> list[Contact]:
    """Whose contacts this reader may see now; RuleViolation before acceptance and after the activity."""
    staff = office(viewer, match)
    if not sees_contact(viewer, match, staff=staff):
        raise RuleViolation("連絡先は、承諾のあと、活動が終わるまでのあいだだけ、ご覧いただけます。")
    own, words = match.registrant.account_id == viewer.id, wording_of(match.request)
    shown = []
    if own or staff:
        request = match.request
        shown.append(
            Contact(
                request,
                f"{request.organisation.name}（{words.asker}）",
                request.contact_name,
                request.contact_phone,
                request.contact_email,
                emergency=request.emergency_contact,
                basis=audit.OFFICE if staff else audit.ARRANGED,
            )
        )
    basis = audit.OFFICE if staff else _sharing_basis(match)
    if basis is not None and (staff or not own):
        person = match.registrant
        address = person.address or ""
        shown.append(Contact(person, words.person, person.name, person.phone, address, basis))
    return shown

"""When a sign-in still holds, when a link still works, when guessing is slowed down."""

from collections.abc import Collection
from datetime import datetime, timedelta

from matching.kernel.permissions import Role

STAFF = frozenset({Role.COORDINATOR, Role.AUDITOR, Role.ADMIN})
IDLE_STAFF, IDLE_OTHERS = timedelta(minutes=30), timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
LINK_HOURS = {"sign_up": 24, "invitation": 14 * 24}
RESET_MINUTES = 30
TRIES, TRIES_WITHIN = 10, timedelta(minutes=15)
PASSWORD_LENGTH = (10, 200)


def holds(roles: Collection[Role], created: datetime, last_seen: datetime, moment: datetime) -> bool:
    """Whether a sign-in still holds: 30 minutes idle for staff, 2 hours for others, 12 hours at most."""
    idle = IDLE_STAFF if STAFF & set(roles) else IDLE_OTHERS
    return moment - last_seen <= idle and moment - created <= ABSOLUTE


def link_lifetime(purpose: str) -> timedelta:
    """How long a mailed link works."""
    return timedelta(hours=LINK_HOURS[purpose]) if purpose in LINK_HOURS else timedelta(minutes=RESET_MINUTES)

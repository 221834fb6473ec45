"""News that travels upward, handled in the same transaction.

Connect handlers that live at module level: blinker holds them weakly, and a closure would die silently.
"""

from blinker import Namespace

_news = Namespace()
address_confirmed = _news.signal(
    "address-confirmed"
)  # sender: the Account whose owner followed a mailed link
organisation_handed_over = _news.signal(
    "organisation-handed-over"
)  # sender: the Organisation; giver, taker: the Accounts
offering_changed = _news.signal("offering-changed")  # sender: the Offering
consent_withdrawn = _news.signal("consent-withdrawn")  # sender: the Consent; actor
registration_ended = _news.signal("registration-ended")  # sender: the Registration; actor
registrant_entered = _news.signal("registrant-entered")  # sender: the new Registrant
credential_ended = _news.signal("credential-ended")  # sender: the Credential that counts no more; actor
match_decided = _news.signal("match-decided")  # sender: the Match; verb, actor, the act's details
request_changed = _news.signal("request-changed")  # sender: the SupportRequest, once it looks for people
sessions_leaving = _news.signal(
    "sessions-leaving"
)  # sender: the SupportRequest; sessions: dates about to be taken away. A handler may refuse (Invalid)
place_changing = _news.signal(
    "place-changing"
)  # sender: the SupportRequest a file would move elsewhere. A handler may refuse (Invalid)
registrants_merging = _news.signal(
    "registrants-merging"
)  # sender: the Registrant that stays; gone: the other. A handler may refuse (RuleViolation)
registrant_erased = _news.signal("registrant-erased")  # sender: the Registrant; offerings: codes now gone
erasure_committed = _news.signal(
    "erasure-committed"
)  # sender: None; the index file still holds what was erased
place_fell_free = _news.signal("place-fell-free")  # sender: the SupportRequest, open again
request_ended = _news.signal(
    "request-ended"
)  # sender: the SupportRequest; actor, reason (of requests.rules.CANCEL_REASONS)
request_closed = _news.signal("request-closed")  # sender: the SupportRequest, closed or unmet

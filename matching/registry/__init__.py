"""Who can give what: registrants, registrations, offerings, credentials, availability, consents.

Knows nothing of requests and scores; says upward when a registration ends or an offering changes.
"""

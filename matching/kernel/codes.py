"""Public ids: short, unguessable, easy to read aloud. No integer key leaves the database."""

import hashlib
import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0/o, 1/i/l
LENGTH = 10


def new_code() -> str:
    """A code of some 49 random bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_token() -> str:
    """A secret of 256 random bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What of a secret is kept: SHA-256, 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()

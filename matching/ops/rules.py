"""What of a mail may be shown to staff. Values in, values out."""


def masked(address: str) -> str:
    """hanako@example.jp → h***@example.jp: enough to recognise a provider's failure, not a person."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}" if name else "***"


def kind_of(subject: str) -> str:
    """What sort of mail it was: every subject says that first, then – after a colon – what it is about."""
    return subject.partition(": ")[0]

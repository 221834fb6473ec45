"""What a rule of the city says no to: the rule's name, its article, and how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ruling:
    """One broken rule. `field` names the input it belongs to; `sentence` says how to mend it."""

    rule: str
    article: str
    field: str
    sentence: str

    def told(self, programme: str) -> str:
        """The whole refusal: whose rule, which one, by which article, what to do."""
        return f"「{programme}」の決まり「{self.rule}」{cited(self.article)}: {self.sentence}"


def cited(article: str) -> str:
    """The article in brackets; nothing where none has been entered."""
    return f"（{article}）" if article else ""

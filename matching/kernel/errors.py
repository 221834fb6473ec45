"""Why something cannot be done. No HTTP here: web.py says which answer each one is."""


class AppError(Exception):
    """A reason in plain Japanese that may be shown to whoever asked."""

    @property
    def sentence(self) -> str:
        return str(self.args[0]) if self.args else "処理できませんでした。"


class NotFound(AppError):
    """There is no such thing, or not for this person."""


class NotAllowed(AppError):
    """The thing is seen, but the act is not this person's."""


class RuleViolation(AppError):
    """A rule of the domain said no."""


class Conflict(AppError):
    """Somebody else was first."""


class Invalid(AppError):
    """What was typed cannot be so. `field` names the input it belongs to."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field

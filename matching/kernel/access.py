"""Which action a route is: said on the view, decided before it runs.

A view without a word of this keeps the application from starting (see web.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from flask import request
from flask_login import current_user

from matching.kernel.db import Base
from matching.kernel.errors import NotAllowed
from matching.kernel.permissions import load, may

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """An action of the permission table and the rows it is about, by the URL's variables; None: public."""

    action: str | None
    subjects: dict[str, type[Base]] = field(default_factory=dict)


def public(view: View) -> View:
    """Anybody may open this."""
    view.access = Access(None)  # type: ignore[attr-defined]
    return view


def action(name: str, **subjects: type[Base]) -> Callable[[View], View]:
    """`@action("request.see", support_request=SupportRequest)` on `/requests/<support_request>`.

    The view gets the row in place of its code; a stranger gets 404, one who may only see it 403.
    """

    def declare(view: View) -> View:
        view.access = Access(name, subjects)  # type: ignore[attr-defined]
        return view

    return declare


def actor() -> Any:
    """The account that acts."""
    return current_user._get_current_object()


def authorise(access: Access) -> None:
    """Decide a signed-in actor's request and put rows in place of codes."""
    name = cast(str, access.action)
    arguments = cast(dict[str, Any], request.view_args)
    for variable, model in access.subjects.items():
        arguments[variable] = load(actor(), name, model, arguments[variable])
    if not access.subjects and not may(actor(), name):
        raise NotAllowed("このページを開く権限がありません。")

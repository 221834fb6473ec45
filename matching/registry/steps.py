"""How any step of a registration goes: shown, typed, written – or, where it was stale, shown with both."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import actor
from matching.kernel.errors import Conflict, Invalid
from matching.registry import queries
from matching.registry.differences import differences
from matching.registry.models import Registrant
from matching.registry.views import UNPROCESSABLE, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A page of the wizard: its form, what can be chosen, what stands, what was typed, who writes it.

    `before` and `after`: the steps around it; `shown`: what its page shows besides the form.
    """

    name: str
    before: str = ""
    after: str
    form: Callable[..., Any]
    choices: Callable[[Any, Any], Any]
    fill: Callable[[Any, Any], None]
    read: Callable[[Any], Any]
    write: Callable[[Any, Any], None]
    shown: Callable[[Any], dict[str, Any]] = lambda _: {}


def take(step: Step, registrant: Registrant | None) -> Answer:
    """The step as it stands, or what was typed written down and the next one."""
    form = step.choices(step.form(), registrant)
    if not form.is_submitted():
        step.fill(form, registrant)
    elif form.validate():
        try:
            step.write(form, registrant)
        except Invalid as error:
            form.refuse(error)
        except Conflict:
            return _stale(step, form)
        else:
            return go(step.after)
    return _page(step, form, registrant), UNPROCESSABLE if form.errors else HTTPStatus.OK


def go(name: str) -> Response:
    return redirect(url_for(f"registry.{name}"), HTTPStatus.SEE_OTHER)


def _stale(step: Step, form: Any) -> Answer:
    """What stands now beside what was typed, to be sent again. The same sent twice goes on."""
    registrant = queries.registrant_of(actor())
    if registrant is None and step.before:  # erased meanwhile
        return go(step.before)
    stands = step.choices(step.form(formdata=None), registrant)
    step.fill(stands, registrant)
    if step.read(form) == step.read(stands):
        return go(step.after)
    step.choices(form, registrant)
    form.version.data = stands.version.data
    return _page(step, form, registrant, stands=differences(form, stands)), HTTPStatus.CONFLICT


def _page(step: Step, form: Any, registrant: Registrant | None, **stale: Any) -> str:
    return render_template(f"registry/{step.name}.html", form=form, **step.shown(registrant), **stale)

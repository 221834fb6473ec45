"""The pages of the thesaurus. What a change would do to open requests, the matcher shows: it knows them."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid, NotFound
from matching.kernel.forms import version_of
from matching.words import forms, queries, services
from matching.words.models import ThesaurusGroup

blueprint = Blueprint("words", __name__, url_prefix="/words")
Answer = Response | str | tuple[str, int]
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("")
@action("thesaurus.see")
def index() -> str:
    search = request.args.get("q", "").strip()
    return render_template(
        "words/index.html", groups=queries.listed(search), search=search, version=queries.version()
    )


@blueprint.get("/history")
@action("thesaurus.see")
def history() -> str:
    return render_template("words/history.html", changes=queries.history(), version=queries.version())


@blueprint.get("/versions/<int:version>")
@action("thesaurus.see")
def version(version: int) -> str:
    if not 1 <= version <= queries.version():
        raise NotFound("その版はありません。")
    return render_template("words/version.html", version=version, groups=queries.at_version(version))


@blueprint.route("/new", methods=["GET", "POST"])
@action("thesaurus.edit")
def enter() -> Answer:
    form = forms.GroupForm()
    if not form.is_submitted() or "revise" in request.form:
        return edit_page(form)
    if form.validate():
        try:
            with transaction():
                services.enter_group(actor(), form.content)
        except Invalid as error:
            form.refuse(error)
        else:
            return _saved()
    return edit_page(form), UNPROCESSABLE


@blueprint.get("/<group>")
@action("thesaurus.see", group=ThesaurusGroup)
def show(group: ThesaurusGroup) -> str:
    form = forms.GroupForm()
    form.show(queries.to_edit(group), group.version)
    return edit_page(form, group)


@blueprint.post("/<group>")
@action("thesaurus.edit", group=ThesaurusGroup)
def change(group: ThesaurusGroup) -> Answer:
    form = forms.GroupForm()
    if "revise" in request.form:
        return edit_page(form, group)
    if not form.validate():
        return edit_page(form, group), UNPROCESSABLE
    try:
        with transaction():
            services.change_group(actor(), group, form.content, version_of(form))
    except Invalid as error:
        form.refuse(error)
        return edit_page(form, group), UNPROCESSABLE
    except Conflict:
        form.version.data = group.version
        return edit_page(form, group, stale=True), HTTPStatus.CONFLICT
    return _saved()


@blueprint.post("/<group>/remove")
@action("thesaurus.edit", group=ThesaurusGroup)
def remove(group: ThesaurusGroup) -> Answer:
    form = forms.RemovalForm()
    try:
        with transaction():
            services.remove_group(actor(), group, version_of(form))
    except Conflict:
        flash("ほかの人が先に書きかえたので、まだ消していません。今の内容を確かめてください。")
        return show(group), HTTPStatus.CONFLICT
    flash("消しました。次に候補を開いたときから使われません。変更の記録からもどせます。", "success")
    return redirect(url_for("words.index"), HTTPStatus.SEE_OTHER)


def edit_page(form: forms.GroupForm, group: ThesaurusGroup | None = None, *, stale: bool = False) -> str:
    """A group's page: its words to be changed, and what was changed before. Stale: with what it holds now."""
    changes = queries.history(group) if group else []
    return render_template("words/edit.html", form=form, group=group, changes=changes, stale=stale)


def _saved() -> Response:
    flash("保存しました。次に候補を開いたときから、この言葉で探します。", "success")
    return redirect(url_for("words.index"), HTTPStatus.SEE_OTHER)

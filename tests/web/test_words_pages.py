"""The pages of the thesaurus: look before saving, refusals beside the field, a stale edit loses nothing."""

import pytest

from matching.engine.thesaurus import Group
from matching.kernel.db import transaction
from matching.kernel.permissions import Role
from matching.words import queries
from matching.words.services import change_group
from tests.factories import (
    indexed,
    make_account,
    make_coordinator,
    make_registrant,
    make_registration,
    make_request,
    make_words,
)


def typed(*words, narrower=(), **more):
    return {"words": "\n".join(words), "narrower": "\n".join(narrower), **more}


@pytest.fixture
def coordinator(clients):
    return clients(make_coordinator(name="担当 花子"))


def searchable(title, name):
    indexed(make_registration(make_registrant(name=name), offering=title))


def page_of(response):
    return response.get_data(as_text=True)


def test_from_typing_to_saving(coordinator):
    searchable("和服の着つけ", "中村 和子")
    request = make_request(title="着物を着てみよう", description="着物")
    path = f"/requests/{request.code}/candidates"
    assert "中村 和子" not in page_of(coordinator.get(path))
    seen = coordinator.post("/words/preview", data=typed("着物", "和服"))
    assert seen.status_code == 200
    assert "募集中の依頼1件" in page_of(seen)
    assert "着物を着てみよう" in page_of(seen)
    assert "中村 和子 さん" in page_of(seen)
    assert queries.version() == 0
    assert coordinator.post("/words/new", data=typed("着物", "和服")).status_code == 303
    listed = page_of(coordinator.get("/words"))
    assert "保存しました" in listed
    assert "着物＝和服" in listed
    assert "担当 花子" in listed
    assert "中村 和子" in page_of(coordinator.get(path))


def test_words_may_be_typed_in_one_line_or_several(coordinator):
    coordinator.post("/words/new", data={"words": "着物＝きもの、 和服\r\n\r\n", "narrower": "浴衣，振袖"})
    assert queries.at_version(1) == [Group(("着物", "きもの", "和服"), ("浴衣", "振袖"))]


def test_changing_removing_and_bringing_back(coordinator):
    code = make_words("習字", "書道").code
    assert "習字\n書道</textarea>" in page_of(coordinator.get(f"/words/{code}")).replace("\r", "")
    data = typed("習字", "書道", "毛筆", version=1)
    assert "毛筆" in page_of(coordinator.post(f"/words/{code}/preview", data=data))
    assert coordinator.post(f"/words/{code}", data=data).status_code == 303
    asked = page_of(coordinator.get(f"/words/{code}/remove"))
    assert "この組を消しますか" in asked
    assert 'name="version" value="2"' in asked
    assert coordinator.post(f"/words/{code}/remove", data={"version": 2}).status_code == 303
    assert "毛筆" not in page_of(coordinator.get("/words"))
    assert "消されていて" in page_of(coordinator.get(f"/words/{code}"))
    assert coordinator.post(f"/words/{code}", data=data | {"version": 3}).status_code == 303
    assert "習字＝書道＝毛筆" in page_of(coordinator.get("/words"))
    history = page_of(coordinator.get("/words/history"))
    assert all(f"第{number}版" in history for number in (1, 2, 3, 4))
    assert "習字＝書道＝毛筆" not in page_of(coordinator.get("/words/versions/3"))
    assert "習字＝書道" in page_of(coordinator.get("/words/versions/1"))


def test_writing_again_after_the_preview_keeps_what_was_typed(coordinator):
    code = make_words("習字", "書道").code
    for path in ("/words/new", f"/words/{code}"):
        again = coordinator.post(path, data=typed("着物", "34", version=1, revise="1"))
        assert again.status_code == 200
        assert "34" in page_of(again)
        assert f'action="{path.replace("/new", "")}/preview"' in page_of(again)
    assert queries.version() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (typed(), "同じ意味の言葉を入力してください"),
        (typed("着物"), "二つ以上"),
        (typed("着物", "着物"), "二度入っています"),
        (typed("着物", "和服", narrower=["着物"]), "二度入っています"),
        (typed("着物", "34"), "人を探すときに使われない"),
        (typed("着物", "着" * 41), "40文字以内"),
        (typed("着物", "和\u200b服"), "目に見えない文字"),
        (typed("着物", "和\x07服"), "使えない文字"),
        (typed("着物", "x" * 2000), "2000文字以内"),
        (typed(*(f"着物{n}着" for n in range(31))), "30個まで"),
    ],
)
def test_a_bad_group_is_shown_again_with_a_sentence(coordinator, data, sentence):
    code = make_words("習字", "書道").code
    for path in ("/words/preview", "/words/new", f"/words/{code}/preview", f"/words/{code}"):
        response = coordinator.post(path, data=data | {"version": 1})
        assert response.status_code == 422, path
        assert sentence in page_of(response), path
    assert (queries.version(), queries.at_version(1)) == (1, [Group(("習字", "書道"))])


def test_the_sentence_stands_beside_its_field(coordinator):
    page = page_of(coordinator.post("/words/preview", data=typed("着物", "和服", narrower=["の"])))
    assert 'href="#narrower"' in page
    assert 'id="narrower-error"' in page
    assert 'id="words-error"' not in page


def test_a_stale_edit_shows_both_texts_and_can_be_saved_then(coordinator):
    group = make_words("習字", "書道")
    with transaction():
        change_group(None, group, Group(("習字", "毛筆")), 1)
    stale = coordinator.post(f"/words/{group.code}", data=typed("習字", "書道", "お習字", version=1))
    assert stale.status_code == 409
    assert "ほかの人が先に書きかえました" in page_of(stale)
    assert "習字＝毛筆" in page_of(stale)
    assert "お習字" in page_of(stale)
    assert 'name="version" type="hidden" value="2"' in page_of(stale)
    assert queries.version() == 2
    again = coordinator.post(f"/words/{group.code}", data=typed("習字", "書道", "お習字", version=2))
    assert again.status_code == 303


def test_an_edit_of_what_was_removed_meanwhile_loses_nothing(coordinator):
    code = make_words("習字", "書道").code
    coordinator.post(f"/words/{code}/remove", data={"version": 1})
    stale = coordinator.post(f"/words/{code}", data=typed("習字", "毛筆", version=1))
    assert stale.status_code == 409
    assert "この組は消されています" in page_of(stale)
    assert "毛筆" in page_of(stale)


def test_a_stale_removal_shows_what_there_is_now(coordinator):
    group = make_words("習字", "書道")
    with transaction():
        change_group(None, group, Group(("習字", "毛筆")), 1)
    stale = coordinator.post(f"/words/{group.code}/remove", data={"version": 1})
    assert stale.status_code == 409
    assert "まだ消していません" in page_of(stale)
    assert "毛筆" in page_of(stale)
    assert 'name="version" type="hidden" value="2"' in page_of(stale)
    assert queries.version() == 2


@pytest.mark.parametrize("version", ["", "x", "-1", "９", "99999999999999999999", "\u202e"])
def test_an_impossible_version_is_a_stale_one(coordinator, version):
    code = make_words("習字", "書道").code
    data = typed("習字", "毛筆", version=version)
    assert coordinator.post(f"/words/{code}", data=data).status_code == 409
    assert coordinator.post(f"/words/{code}/remove", data={"version": version}).status_code == 409
    assert queries.version() == 1


def test_what_is_not_there_is_404(coordinator):
    make_words("習字", "書道")
    for path in (
        "/words/nosuchcode",
        "/words/nosuchcode/remove",
        "/words/versions/0",
        "/words/versions/2",
        "/words/versions/99999999999999999999",
        "/words/versions/-1",
        "/words/preview",
    ):
        assert coordinator.get(path).status_code == 404, path
    for path in ("/words/nosuchcode", "/words/nosuchcode/preview", "/words/nosuchcode/remove"):
        assert coordinator.post(path, data=typed("着物", "和服")).status_code == 404, path


def test_the_search_box(coordinator):
    make_words("着物", "和服")
    make_words("習字", "書道")
    found = page_of(coordinator.get("/words?q=和"))
    assert "着物＝和服" in found
    assert "習字" not in found
    for strange in ("%", "_", "<script>", "x" * 5000, "\u202e"):
        response = coordinator.get("/words", query_string={"q": strange})
        assert response.status_code == 200
        assert "をふくむ組はありません" in page_of(response)
        assert "<script>" not in page_of(response)


def test_an_administrator_reads_and_does_not_write(clients):
    code = make_words("習字", "書道").code
    admin = clients(make_account(Role.ADMIN))
    for path in ("/words", f"/words/{code}", "/words/history", "/words/versions/1"):
        response = admin.get(path)
        assert response.status_code == 200, path
        assert "習字" in page_of(response)
        assert "<textarea" not in page_of(response)
    assert admin.get("/words/new").status_code == 403
    assert admin.get(f"/words/{code}/remove").status_code == 403
    for path in ("/words/new", "/words/preview", f"/words/{code}", f"/words/{code}/remove"):
        assert admin.post(path, data=typed("習字", "毛筆", version=1)).status_code == 403, path
    assert queries.version() == 1


@pytest.mark.parametrize(
    ("roles", "offered"),
    [([Role.COORDINATOR], True), ([Role.ADMIN], True), ([Role.REQUESTER], False), ([], False)],
)
def test_the_way_there_is_in_the_navigation_of_those_who_may(clients, roles, offered):
    page = page_of(clients(make_account(*roles)).get("/indicators"))
    assert ('href="/words"' in page) == offered

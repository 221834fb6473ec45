"""The thesaurus: its verbs, its versions, what every process sees, and what a change would do."""

import threading
from datetime import date

import pytest
from sqlalchemy import func, select

from matching import create_app
from matching.config import Settings
from matching.engine.thesaurus import Group
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict, Invalid
from matching.matcher.preview import preview
from matching.matcher.queries import candidates, rank
from matching.requests.models import RequestStatus
from matching.words import queries, rules
from matching.words.models import ThesaurusChange, ThesaurusGroup, ThesaurusWord
from matching.words.services import change_group, enter_group, remove_group
from tests.factories import indexed, make_coordinator, make_registration, make_request, make_words

KIMONO = Group(("着物", "和服"), ("浴衣",))
MORE = Group(("着物", "きもの", "和服"))
CALLIGRAPHY = Group(("習字", "書道"))


def enter(actor, wanted):
    with transaction():
        return enter_group(actor, wanted)


def change(actor, group, wanted, version):
    with transaction():
        change_group(actor, group, wanted, version)


def remove(actor, group, version):
    with transaction():
        remove_group(actor, group, version)


def searchable(title, programme="school_support"):
    """Somebody with this offering, known to the index."""
    return indexed(make_registration(offering=title, programme=programme)).registrant


def current():
    return queries.version(), tuple(queries.standing().values())


def found(text):
    return [person.registrant_id for person in rank(text)]


def test_it_is_empty_after_install(app):
    assert current() == (0, ())
    assert queries.listed() == queries.history() == queries.at_version(0) == []


def test_every_verb_raises_the_version_by_one_and_is_kept_with_who_before_and_after(app):
    actor = make_coordinator(name="担当 花子")
    kimono = enter(actor, KIMONO)
    calligraphy = enter(actor, CALLIGRAPHY)
    change(actor, kimono, MORE, 1)
    remove(actor, calligraphy, 2)
    assert current() == (4, (MORE,))
    assert [(c.version, c.by, c.kind, c.before, c.after) for c in queries.history()] == [
        (4, "担当 花子", "消した", CALLIGRAPHY, rules.NOTHING),
        (3, "担当 花子", "変えた", KIMONO, MORE),
        (2, "担当 花子", "加えた", rules.NOTHING, CALLIGRAPHY),
        (1, "担当 花子", "加えた", rules.NOTHING, KIMONO),
    ]
    assert [c.version for c in queries.history(kimono)] == [3, 1]
    assert [queries.at_version(n) for n in range(1, 5)] == [
        [KIMONO],
        [CALLIGRAPHY, KIMONO],
        [MORE, CALLIGRAPHY],
        [MORE],
    ]


def test_every_verb_is_audited(app):
    actor = make_coordinator()
    group = enter(actor, KIMONO)
    change(actor, group, MORE, 1)
    remove(actor, group, 2)
    acts = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [act.action for act in acts] == ["thesaurus.enter", "thesaurus.change", "thesaurus.remove"]
    assert {(act.actor_id, act.subject_type, act.subject_code) for act in acts} == {
        (actor.id, "thesaurus_group", group.code)
    }
    assert acts[1].details == {
        "version": 2,
        "before": {"words": ["着物", "和服"], "narrower": ["浴衣"]},
        "after": {"words": ["着物", "きもの", "和服"], "narrower": []},
    }


def test_the_list_shows_what_was_changed_last_first_and_is_searched_by_any_word(app):
    actor = make_coordinator(name="担当 花子")
    kimono = enter(actor, KIMONO)
    enter(None, Group(("ＰＴＡ", "保護者会")))
    change(actor, kimono, Group(("着物", "ミシン")), 1)
    assert [(row.content.words, row.by) for row in queries.listed()] == [
        (("着物", "ミシン"), "担当 花子"),
        (("ＰＴＡ", "保護者会"), ""),
    ]
    assert [row.content.words[0] for row in queries.listed("pta")] == ["ＰＴＡ"]
    assert [row.content.words[0] for row in queries.listed("ﾐｼ")] == ["着物"]
    assert queries.listed("浴衣") == []


def test_saying_the_same_again_changes_nothing(app):
    actor = make_coordinator()
    group = enter(actor, KIMONO)
    assert enter(actor, Group(("和服", "着物"), ("浴衣",))).code == group.code
    change(actor, group, KIMONO, 1)
    change(actor, group, MORE, 1)
    change(actor, group, MORE, 1)  # the second click of the same page
    remove(actor, group, 2)
    remove(actor, group, 2)
    assert queries.version() == 3
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 3


def test_words_may_change_places(app):
    group = make_words("着物", "和服", narrower=["浴衣"])
    change(None, group, Group(("浴衣", "着物"), ("和服",)), 1)
    assert current()[1] == (Group(("浴衣", "着物"), ("和服",)),)


def test_a_stale_edit_writes_nothing(app):
    group = make_words("着物", "和服")
    change(None, group, MORE, 1)
    with pytest.raises(Conflict):
        change(None, group, CALLIGRAPHY, 1)
    with pytest.raises(Conflict):
        remove(None, group, 1)
    assert current() == (2, (MORE,))


def test_a_removed_group_comes_back_by_saving_it(app):
    group = make_words("着物", "和服")
    remove(None, group, 1)
    assert queries.to_edit(group) == Group(("着物", "和服"))
    with pytest.raises(Conflict):
        change(None, group, MORE, 1)  # it was being edited while it was removed
    change(None, group, MORE, 2)
    assert current() == (3, (MORE,))
    assert [c.kind for c in queries.history(group)] == ["加えた", "消した", "加えた"]


def test_a_refused_group_leaves_nothing(app):
    with pytest.raises(Invalid):
        enter(None, Group(("着物",)))
    group = make_words("着物", "和服")
    with pytest.raises(Invalid):
        change(None, group, Group(("着物", "34")), 1)
    assert queries.version() == 1
    for model in (ThesaurusGroup, ThesaurusChange):
        assert db.session.scalar(select(func.count()).select_from(model)) == 1
    assert db.session.scalar(select(func.count()).select_from(ThesaurusWord)) == 2


def test_changes_at_the_same_moment_are_numbered_one_by_one(app):
    many = 12
    barrier = threading.Barrier(many)

    def act(number):
        with app.app_context():
            db.engines[None] = engine
            barrier.wait()
            enter(None, Group((f"{'着物' * number}", "和服")))
            db.session.remove()

    engine = db.engine
    threads = [threading.Thread(target=act, args=(number,)) for number in range(1, many + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert queries.version() == many
    assert sorted(db.session.scalars(select(ThesaurusGroup.version))) == list(range(1, many + 1))


# --- in effect ----------------------------------------------------------------------------------------


def test_a_change_is_in_effect_at_the_next_search(app):
    person = searchable("和服の着つけ")
    searchable("将棋の指し方")
    assert found("着物を着たい") == []
    group = make_words("着物", "和服")
    assert found("着物を着たい") == [person.id]
    change(None, group, Group(("着物",), ("和服",)), 1)
    assert found("着物") == [person.id]
    change(None, group, Group(("和服",), ("着物",)), 2)
    assert found("着物") == []
    change(None, group, MORE, 3)
    remove(None, group, 4)
    assert found("着物") == []


def test_the_candidates_say_which_word_met(app):
    searchable("和服の着つけ")
    make_words("着物", "和服")
    [candidate] = candidates(make_request(title="着物", description="着物"))
    assert [(term.surface, term.via) for term in candidate.terms] == [("着物", "和服")]
    assert candidate.score == pytest.approx(sum(term.weight for term in candidate.terms))


def test_another_process_sees_a_committed_change_at_its_next_search(app):
    person = searchable("和服の着つけ")
    here = app.extensions["settings"]
    other = create_app(
        Settings(
            instance_path=here.instance_path,
            database_url=db.engine.url.render_as_string(hide_password=False),
            secret_key=here.secret_key,
            base_url=here.base_url,
            mail_url=here.mail_url,
        )
    )
    process = other.app_context()  # with an engine, and so an index and a thesaurus, of its own
    with process:
        assert found("着物") == []
    group = make_words("着物", "和服")
    assert found("着物") == [person.id]
    with process:
        assert found("着物") == [person.id]
        remove(None, db.session.get_one(ThesaurusGroup, group.id), 1)
    db.session.rollback()
    assert found("着物") == []
    with process:
        assert found("着物") == []
        db.session.remove()
        db.engine.dispose()


def test_what_is_not_committed_is_not_seen(app):
    searchable("和服の着つけ")
    with pytest.raises(ZeroDivisionError), transaction():
        enter_group(None, KIMONO)
        raise ZeroDivisionError
    assert found("着物") == []
    assert current() == (0, ())


# --- the preview --------------------------------------------------------------------------------------


def wish(title, **values):
    return make_request(title=title, description=title, **values)


def test_the_preview_shows_exactly_the_requests_that_change(app):
    """What it shows is what ranking every request before and after saving would give."""
    actor = make_coordinator()
    for title in ("和服の着つけ", "着物のたたみ方", "浴衣の帯", "習字の先生", "将棋の指し方"):
        searchable(title)
    requests = [wish(t) for t in ("着物を着る", "和服を着る", "浴衣を着る", "習字を習う", "将棋を指す")]
    firsts = {r.code: found(f"{r.title}\n{r.description}")[:5] for r in requests}
    seen = preview(actor, None, KIMONO)
    assert (seen.looked_at, seen.affected) == (5, 2)
    enter(actor, KIMONO)
    changed = [r.code for r in requests if found(f"{r.title}\n{r.description}")[:5] != firsts[r.code]]
    assert [request.code for request in seen.changed] == changed
    assert len(changed) == 2


def test_the_preview_looks_at_what_is_a_must_too(app):
    indexed(make_registration(offering="和服の着つけ"))
    request = make_request(title="手伝い", description="お願いします。", must_have="きもの")
    seen = preview(make_coordinator(), None, Group(("きもの", "和服")))
    assert (seen.affected, [changed.code for changed in seen.changed]) == (1, [request.code])


def test_the_preview_shows_who_comes_and_who_goes(app):
    actor = make_coordinator()
    people = [searchable("将棋の指し方を教えます") for _ in range(5)]
    other = searchable("囲碁")
    request = wish("将棋")
    [changed] = preview(actor, None, Group(("将棋", "囲碁"))).changed
    assert (changed.code, changed.organisation) == (request.code, request.organisation.name)
    assert {p.name for p in changed.before} == {p.called for p in people}
    assert [p.name for p in changed.after if p.new] == [other.called]
    assert sum(p.new for p in changed.before) == 1
    group = enter(actor, Group(("将棋", "囲碁")))
    [back] = preview(actor, group, rules.NOTHING).changed
    assert (back.before, back.after) == (changed.after, changed.before)
    assert preview(actor, group, Group(("囲碁", "将棋"))).affected == 0


def test_the_preview_writes_nothing_and_leaves_the_search_as_it_is(app):
    searchable("和服の着つけ")
    wish("着物")
    assert len(preview(make_coordinator(), None, KIMONO).changed) == 1
    assert found("着物") == []
    assert queries.version() == 0


def test_the_preview_looks_at_open_requests_in_the_coordinators_scope_only(app):
    searchable("和服の着つけ")
    inside = wish("着物")
    wish("着物", ward="西区")
    wish("着物", programmes=["lecturer"])
    wish("着物", status=RequestStatus.SUBMITTED)
    actor = make_coordinator(wards=["東区"], measures=[3])
    seen = preview(actor, None, KIMONO)
    assert (seen.looked_at, [r.code for r in seen.changed]) == (1, [inside.code])
    assert preview(make_coordinator(wards=[], measures=[]), None, KIMONO).looked_at == 0


def test_a_registration_that_has_ended_is_in_nobodys_first_five(app):
    indexed(make_registration(offering="和服の着つけ", valid_until=date(2026, 3, 31)))
    wish("着物")
    seen = preview(make_coordinator(), None, KIMONO)
    assert (seen.affected, seen.changed) == (1, [])

"""Requests into topics: each in one, whatever the order, named by their own words."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import topics as room
from matching.engine.index import TfidfIndex
from matching.engine.topics import NAMED_BY, topics
from tests.support.ranking import WORDS, small_meaning, split

ALIKE = 0.28
texts = st.dictionaries(
    st.text("ABCDEF", min_size=1, max_size=3),
    st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join),
    max_size=14,
)
meanings = st.sampled_from((None, small_meaning()))


def asked(wishes, meaning=None):
    index = TfidfIndex(split, meaning)
    return {id_: index.asked(wish) for id_, wish in wishes.items()}


def groups(wishes, meaning=None, alike=ALIKE):
    return {topic.ids for topic in topics(asked(wishes, meaning), alike)}


@given(texts, meanings, st.floats(0.01, 1))
@settings(deadline=None)
def test_each_request_stands_in_exactly_one_topic(wishes, meaning, alike):
    found = [id_ for topic in topics(asked(wishes, meaning), alike) for id_ in topic.ids]
    assert sorted(found) == sorted(wishes)


@given(texts, meanings, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_they_come_in_does_not_matter(wishes, meaning, chance: random.Random):
    seen = asked(wishes, meaning)
    other = list(seen)
    chance.shuffle(other)
    assert topics(seen, ALIKE) == topics({id_: seen[id_] for id_ in other}, ALIKE)


@given(texts, meanings)
@settings(deadline=None)
def test_a_topic_is_named_by_words_of_its_own_requests(wishes, meaning):
    for topic in topics(asked(wishes, meaning), ALIKE):
        own = {word for id_ in topic.ids for word in wishes[id_].split()}
        assert set(topic.words) <= own and len(topic.words) == min(NAMED_BY, len(own))


@given(texts, meanings)
@settings(deadline=None)
def test_the_same_text_twice_is_one_topic(wishes, meaning):
    wishes = {id_: wish for id_, wish in wishes.items() if wish}
    for id_, wish in wishes.items():
        (together,) = [ids for ids in groups({**wishes, "Z": wish}, meaning) if "Z" in ids]
        assert id_ in together


def test_nothing_and_texts_without_a_word():
    assert topics({}, ALIKE) == []
    assert groups({"A": "", "B": "", "C": "tea"}) == {("A",), ("B",), ("C",)}
    assert groups({"A": "", "B": "", "C": "tea"}, small_meaning()) == {("A",), ("B",), ("C",)}


def test_shared_words_join_and_others_part():
    wishes = {"A": "seam drum", "B": "seam drum x", "C": "teapot", "D": "teapot x"}
    assert groups(wishes, alike=0.4) == {("A", "B"), ("C", "D")}


def test_words_that_are_near_join_where_no_word_is_shared():
    wishes = {"A": "sew", "B": "stitch", "C": "sing", "D": "choir", "E": "tea"}
    assert groups(wishes) == {(id_,) for id_ in wishes}
    assert groups(wishes, small_meaning()) == {("A", "B"), ("C", "D"), ("E",)}


def test_the_name_says_what_is_shared():
    wishes = {"A": "seam drum", "B": "seam x", "C": "teapot"}
    named = {topic.ids: topic.words for topic in topics(asked(wishes), ALIKE)}
    assert named["A", "B"][0] == "seam"


def test_kanji_and_katakana_name_a_topic_where_there_are_some():
    index = TfidfIndex()
    (topic,) = topics({"A": index.asked("おはなしの会で絵本を読む")}, ALIKE)
    assert topic.words == ("絵本",)
    (topic,) = topics({"A": index.asked("おはなし")}, ALIKE)
    assert topic.words == ("はなし",)


def test_more_than_can_be_compared_stand_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "MOST", 3)
    assert groups(dict.fromkeys("ABCDE", "tea choir")) == {("A", "B", "C"), ("D",), ("E",)}

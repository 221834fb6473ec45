"""Requests into topics: each in one, whatever the order, named by their own words."""

import csv
import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import topics as room
from matching.engine.index import TfidfIndex
from matching.engine.meaning import HOME, Meaning
from matching.engine.text import analyse
from matching.engine.topics import NAMED_BY, topics
from matching.matcher.rules import BY_MEANING
from tests.support.ranking import WORDS, small_meaning, split

ROOT = Path(__file__).parents[3]
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
def test_each_request_stands_in_exactly_one_topic(wishes, meaning, alike):
    found = [id_ for topic in topics(asked(wishes, meaning), alike) for id_ in topic.ids]
    assert sorted(found) == sorted(wishes)


@given(texts, meanings, st.randoms(use_true_random=False))
def test_the_order_they_come_in_does_not_matter(wishes, meaning, chance: random.Random):
    seen = asked(wishes, meaning)
    other = list(seen)
    chance.shuffle(other)
    assert topics(seen, ALIKE) == topics({id_: seen[id_] for id_ in other}, ALIKE)


@given(texts, meanings)
def test_a_topic_is_named_by_words_of_its_own_requests(wishes, meaning):
    for topic in topics(asked(wishes, meaning), ALIKE):
        own = {word for id_ in topic.ids for word in wishes[id_].split()}
        assert set(topic.words) <= own and len(topic.words) == min(NAMED_BY, len(own))


@given(texts, meanings)
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


def test_two_alone_are_not_turned_against_each_other():
    """What all requests have in common is left out; of two that is most of what they say."""
    assert groups({"A": "sew", "B": "stitch machine"}, small_meaning()) == {("A", "B")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("はじめてのおしゅうじ", "お習字の時間"),
        ("夏の和服を自分で着てみる授業", "浴衣を着てみよう"),
        ("秋の訓練で火を消す実演を", "消火の練習"),
        ("人生の後半を考える連続講座", "人生の終わりの準備"),
        ("誕生会でいっしょに口ずさみたい", "懐かしい歌の会"),
    ],
)
def test_what_two_authors_asked_for_in_other_words(together, one, other):
    assert other in together[one]


@pytest.fixture(scope="module")
def together():
    """Title → titles of its topic, of the judged requests and the sample city's."""
    with (ROOT / "tests/data/requests.csv").open(encoding="utf-8-sig") as file:
        wishes = {row["件名"]: f"{row['件名']}\n{row['依頼内容']}" for row in csv.DictReader(file)}
    sample = tomllib.loads((ROOT / "matching/ops/sample.toml").read_text(encoding="utf-8"))["requests"]
    wishes |= {line.split("|")[1]: "\n".join(line.split("|")[1:4]) for line in sample}
    meaning = Meaning.load(HOME)
    assert meaning is not None, "flask matcher prepare makes the vectors"
    index = TfidfIndex(meaning=meaning)
    for title, wish in wishes.items():
        index.put_request(title, {word.term for word in analyse(wish)})
    found = topics({title: index.asked(wish) for title, wish in wishes.items()}, BY_MEANING.alike)
    return {title: set(topic.ids) for topic in found for title in topic.ids}


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

"""How the rules are read from programmes.toml, and what is told where one is wrong."""

import shutil

import pytest

from matching.municipality.city import KUMAMOTO, load
from matching.municipality.rulebook import RULES, Words, read_rules

WORDS = Words({"roster": "会員名簿"}, {"political": "政治"})
# rule → a value as typed, how the page says it, a value that is refused
VALUES = {
    "term": (3, "3年度", 0),
    "renewal_month": (1, "1月から", 13),
    "minimum_age": (18, "18歳から", "18"),
    "guardian_age": (20, "20歳", True),
    "documents": (["roster"], "会員名簿", ["passport"]),
    "published_fields": (["title", "ward"], "専門分野、区", ["phone"]),
    "searchers": ("anyone", "どなたでも", "everybody"),
    "refused_purposes": (["political"], "政治", []),
    "yearly_limit": (3, "3回まで", -1),
    "lead_days": (20, "20日前まで", 1.5),
    "minimum_group": (5, "5人以上", 0),
    "monthly_limit": (4, "4回まで", 0),
    "seat_limit": (2, "2まで", 0),
}
SHAPES = [3, {"value": 3}, {"article": "第1条"}, {"value": 3, "article": " "}, {"value": 3, "article": 5}]


def test_every_rule_has_a_value_here():
    assert set(VALUES) == {kind.key for kind in RULES}


@pytest.mark.parametrize("kind", RULES, ids=lambda kind: kind.key)
def test_a_rule_is_read_with_its_article_and_said(kind):
    value, words, wrong = VALUES[kind.key]
    found = read_rules({kind.key: {"value": value, "article": "要綱第1条"}}, WORDS)[kind.key]
    assert found.article == "要綱第1条"
    assert words in kind.say(found.value, WORDS)
    with pytest.raises(ValueError, match=rf"{kind.key}（{kind.name}）: value は?"):
        read_rules({kind.key: {"value": wrong, "article": "要綱第1条"}}, WORDS)


@pytest.mark.parametrize("entered", SHAPES)
def test_a_value_comes_with_its_article(entered):
    with pytest.raises(ValueError, match=r"term（登録期間）: .*article"):
        read_rules({"term": entered}, WORDS)


def test_nothing_is_entered_until_the_city_has_said_it():
    for programme in load(KUMAMOTO).programmes.values():
        assert [kind.key for kind in RULES if programme.rule(kind)] == []
        assert programme.articles == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("lead_day = 3", "lecturer: lead_day という決まりはありません"),
        ('articles = { term = "第1条" }', "lecturer: articles に term は書けません"),
        ('lead_days = { value = 0, article = "第1条" }', "lecturer: lead_days（申込みの期日）"),
        ('staff_only = true\nsearchers = { value = "anyone", article = "第1条" }', "staff_only の区分は公開"),
    ],
)
def test_the_loader_says_which_programme_and_which_rule(tmp_path, line, told):
    folder = tmp_path / "city"
    shutil.copytree(KUMAMOTO, folder)
    file = folder / "programmes.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('key = "lecturer"', f'key = "lecturer"\n{line}'), encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        load(folder)

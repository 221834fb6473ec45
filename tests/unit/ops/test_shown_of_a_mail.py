"""What of a mail staff may see."""

from matching.ops.rules import kind_of, masked


def test_an_address_is_masked():
    assert masked("hanako@example.jp") == "h***@example.jp"
    assert masked("no address") == "***"


def test_a_subject_is_cut_before_what_it_is_about():
    assert kind_of("登録されました: 女性人材リスト") == "登録されました"
    assert kind_of("今日の仕事") == "今日の仕事"

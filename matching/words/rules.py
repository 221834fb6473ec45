"""Which words a group may hold, and how they are written down. Pure."""

import unicodedata

from matching.engine.text import analyse
from matching.engine.thesaurus import Group
from matching.kernel.errors import Invalid

LEAST_WORDS = 2
MOST_WORDS = 30
MOST_LETTERS = 40
NOTHING = Group(())


def check(group: Group) -> None:
    """Invalid with the field (words, narrower) and a sentence, where the group cannot be so."""
    seen: set[str] = set()
    for field, words in (("words", group.words), ("narrower", group.narrower)):
        if len(words) > MOST_WORDS:
            raise Invalid(field, f"言葉は{MOST_WORDS}個までにしてください。")
        for word in words:
            _check_word(field, word)
            if folded(word) in seen:
                raise Invalid(field, f"「{word}」が二度入っています。一つにしてください。")
            seen.add(folded(word))
    if not group.words:
        raise Invalid("words", "同じ意味の言葉を入力してください。")
    if len(seen) < LEAST_WORDS:
        raise Invalid("words", "言葉は、せまい意味の言葉とあわせて、二つ以上入力してください。")


def folded(word: str) -> str:
    """The word without differences of width and case."""
    return unicodedata.normalize("NFKC", word).casefold()


def _check_word(field: str, word: str) -> None:
    if any(unicodedata.category(letter).startswith("C") for letter in word):
        raise Invalid(
            field, "目に見えない文字（制御文字など）が入っています。その言葉を入力しなおしてください。"
        )
    if len(word) > MOST_LETTERS:
        raise Invalid(field, f"一つの言葉は{MOST_LETTERS}文字以内にしてください（「{word[:10]}…」）。")
    if not analyse(word):
        raise Invalid(
            field,
            f"「{word}」は、人を探すときに使われない言葉です（数字、記号、助詞だけ）。ほかの言葉にしてください。",
        )

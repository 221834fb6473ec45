"""The mails about accounts: values in, (subject, body) out."""

from matching.municipality.city import signature

Mail = tuple[str, str]
IGNORE = "\n\nお心あたりがなければ、このメールは捨ててください。"


def sign_up(link: str) -> Mail:
    return (
        "登録を続けてください",
        f"まなびの環へようこそ。\n\n次のページで、お名前とパスワードを決めてください。24時間のあいだ使えます。\n{link}"
        + IGNORE
        + signature(),
    )


def known(page: str, reset: str) -> Mail:
    return (
        "すでに登録があります",
        "このメールアドレスは、すでに登録されています。\n\n"
        f"サインイン: {page}\nパスワードを忘れたとき: {reset}" + IGNORE + signature(),
    )


def invitation(link: str) -> Mail:
    return (
        "まなびの環への招待",
        f"まなびの環に招待されました。\n\n次のページを開いて、登録を済ませてください。14日のあいだ使えます。\n{link}"
        + IGNORE
        + signature(),
    )


def reset(link: str) -> Mail:
    return (
        "パスワードの再設定",
        f"次のページで、新しいパスワードを決めてください。30分のあいだ、一度だけ使えます。\n{link}"
        + IGNORE
        + signature(),
    )

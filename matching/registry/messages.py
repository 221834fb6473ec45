"""The mails about a registration: values in, (subject, body) out."""

from matching.municipality.city import signature

Mail = tuple[str, str]


def submitted(programme: str, page: str) -> Mail:
    return (
        f"登録の申請を受け付けました: {programme}",
        f"「{programme}」の登録の申請を受け付けました。担当者が確かめて、結果をお知らせします。\n{page}"
        + signature(),
    )


def approved(programme: str, page: str) -> Mail:
    return (
        f"登録されました: {programme}",
        f"「{programme}」に登録されました。合う依頼があれば、メールでお知らせします。\n{page}" + signature(),
    )


def returned(programme: str, comment: str, page: str) -> Mail:
    return (
        f"登録の内容をお確かめください: {programme}",
        f"「{programme}」の申請について、担当者から次の連絡があります。\n\n{comment}\n\n"
        f"次のページで直して、もう一度送ってください。\n{page}" + signature(),
    )


def refused(programme: str, reason: str) -> Mail:
    return (
        f"登録の申請について: {programme}",
        f"「{programme}」の申請は、次の理由で登録できませんでした。\n\n{reason}" + signature(),
    )

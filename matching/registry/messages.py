"""The mails about a registration: values in, (subject, body) out."""

from collections.abc import Callable, Sequence
from datetime import date

from matching.kernel.clock import date_text
from matching.municipality.city import signature

Mail = tuple[str, str]
AboutExpiry = Callable[[str, date, str, str], Mail]


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


def credential_expires(credential: str, last_day: date, to: str, page: str) -> Mail:
    return (
        f"まもなく期限が切れます: {credential}",
        f"{to}\n\n「{credential}」の有効期限は{date_text(last_day)}です。\n"
        "更新されたら、新しい証書を市の担当者にお見せください。期限が切れると、この資格の要る活動はできなくなります。\n"
        f"{page}" + signature(),
    )


def credential_expired(credential: str, last_day: date, to: str, page: str) -> Mail:
    return (
        f"資格の期限が切れました: {credential}",
        f"{to}\n\n「{credential}」の有効期限（{date_text(last_day)}）が過ぎました。\n"
        "この資格の要る打診は取り下げ、決まっていた活動は取りやめになりました。ほかの活動は、そのまま続けられます。\n"
        "更新されたら、新しい証書を市の担当者にお見せください。\n"
        f"{page}" + signature(),
    )


def course_completed(to: str, course: str, programmes: Sequence[str], not_granted: str, page: str) -> Mail:
    """The offer of the registration that fits. `not_granted`: the credential the course does not give."""
    names = "\n".join(f"・{name}" for name in programmes)
    proof = (
        f"\n\n講座の修了だけでは「{not_granted}」の資格を得たことになりません。"
        "資格を取られたら、番号を添えて申請してください。"
        if not_granted
        else ""
    )
    return (
        f"学んだことを生かしませんか: {course}",
        f"{to}\n\n「{course}」の修了、おめでとうございます。\n"
        f"学んだことを、地域で生かしてみませんか。次の登録ができます。\n{names}{proof}\n\n"
        f"登録は、次のページから始められます。\n{page}" + signature(),
    )

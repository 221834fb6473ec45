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


def withdrawn(programme: str) -> Mail:
    return (
        f"登録を辞退されました: {programme}",
        f"「{programme}」の登録を終えました。これまでのご協力、ありがとうございました。\n"
        "いつでも、もう一度申請できます。お心あたりがなければ、担当者にお知らせください。" + signature(),
    )


def suspended(programme: str, reason: str) -> Mail:
    return (
        f"登録を休止しました: {programme}",
        f"「{programme}」の登録を、次の理由で休止しました。\n\n{reason}\n\n"
        "休止のあいだは、新しい依頼は届きません。取りやめになった活動は、別のメールでお知らせします。\n"
        "再開したいとき、ご不明の点があるときは、担当者にご連絡ください。" + signature(),
    )


def revoked(programme: str, reason: str) -> Mail:
    return (
        f"登録を取り消しました: {programme}",
        f"「{programme}」の登録を、次の理由で取り消しました。\n\n{reason}\n\n"
        "取りやめになった活動は、別のメールでお知らせします。ご不明の点は、担当者にお尋ねください。"
        + signature(),
    )


def resumed(programme: str, page: str) -> Mail:
    return (
        f"登録を再開しました: {programme}",
        f"「{programme}」の登録を再開しました。合う依頼があれば、メールでお知らせします。\n{page}"
        + signature(),
    )


def expired(programme: str, page: str) -> Mail:
    return (
        f"登録の期限が切れました: {programme}",
        f"「{programme}」の登録の期限が切れました。これまでのご協力、ありがとうございました。\n"
        f"続けてくださるときは、次のページから、もう一度申請できます。\n{page}" + signature(),
    )


def renewed(programme: str, valid_until: date) -> Mail:
    return (
        f"登録を更新しました: {programme}",
        f"「{programme}」の登録を、{date_text(valid_until)}まで更新しました。"
        "これからも、よろしくお願いします。" + signature(),
    )


def renewal(programme: str, ends: date, renews_until: date, link: str, *, again: bool) -> Mail:
    """`again`: a reminder; its link takes the place of the earlier one."""
    heading = "お返事をお待ちしています" if again else "登録を続けませんか"
    earlier = "（先のメールのリンクは使えなくなりました。こちらをお使いください。）\n" if again else ""
    return (
        f"{heading}: {programme}",
        f"「{programme}」の登録は、{date_text(ends)}で期限になります。\n"
        f"次のページで「更新する」を押すと、{date_text(renews_until)}まで続きます。サインインは要りません。\n"
        f"{earlier}{link}\n\n"
        "お電話でのお返事も受け付けています。お返事がないときは、期限の日で登録が終わります。" + signature(),
    )

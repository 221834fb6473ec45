"""The mails about membership: values in, (subject, body) out. Who asks is on the page, not in the mail."""

from matching.municipality.city import signature
from matching.organisations.models import Organisation

Mail = tuple[str, str]


def asked_to_join(organisation: Organisation, page: str) -> Mail:
    return (
        f"担当者になりたいという方がいます: {organisation.name}",
        f"「{organisation.name}」の担当者になりたいという方がいます。\n"
        f"次のページで、心当たりのある方かどうかを確かめて、承認するかを決めてください。\n{page}"
        + signature(),
    )


def join_decided(organisation: Organisation, approved: bool, page: str) -> Mail:
    what = (
        "担当者として承認されました。次のページから依頼を出せます"
        if approved
        else "担当者としては承認されませんでした"
    )
    return (
        f"担当者の申し出への返事: {organisation.name}",
        f"「{organisation.name}」の{what}。\n{page}" + signature(),
    )

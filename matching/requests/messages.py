"""The mails about a request: values in, (subject, body) out."""

from matching.municipality.city import signature
from matching.requests.models import SupportRequest
from matching.requests.wording import wording_of

Mail = tuple[str, str]


def opened(request: SupportRequest, page: str) -> Mail:
    return (
        f"募集を始めました: {request.title}",
        f"「{request.title}」の募集を始めました。\n{wording_of(request).opened}\n{page}" + signature(),
    )


def returned(request: SupportRequest, page: str) -> Mail:
    return (
        f"依頼の内容をお確かめください: {request.title}",
        f"「{request.title}」について、担当者から次の連絡があります。\n\n{request.comment}\n\n"
        f"次のページで、直して送ってください。\n{page}" + signature(),
    )


def cancelled(request: SupportRequest, why: str, page: str) -> Mail:
    return (
        f"依頼を取り消しました: {request.title}",
        f"「{request.title}」の依頼は取り消されました。\n理由: {why}\n{page}" + signature(),
    )


def refused(request: SupportRequest, reason: str, page: str) -> Mail:
    return (
        f"依頼をお受けできませんでした: {request.title}",
        f"「{request.title}」の依頼は、次の理由でお受けできませんでした。\n\n{reason}\n\n{page}"
        + signature(),
    )

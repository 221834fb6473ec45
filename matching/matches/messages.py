"""The mails about a match: values in, (subject, body) out. No contact of the other side is in them."""

from collections.abc import Sequence
from datetime import date

from matching.kernel.clock import date_text, dated, dated_span
from matching.matches.models import Match, MatchSession
from matching.municipality.city import municipality, signature
from matching.requests.models import SupportRequest
from matching.requests.wording import term_text, wording_of

Mail = tuple[str, str]


def offer(match: Match, link: str) -> Mail:
    """The request, and the link that opens the page on which the person answers."""
    request, words = match.request, wording_of(match.request)
    assert match.answer_by is not None  # set with every approval
    return (
        f"{words.offer}: {request.title}",
        f"{match.registrant.addressed}\n\n"
        f"{request.organisation.name}{words.offered}\n\n"
        f"■ {request.title}\n{request.description}\n\n"
        f"{_when(match)}\n場所: {_place(request)}\n"
        f"回答の期限: {dated(match.answer_by)}\n\n"
        f"次のページで「{words.yes}」か「{words.no}」をお選びください。サインインは要りません。\n"
        f"{link}\n\n"
        "お電話での返事も受け付けています。お断りになっても、登録には何の影響もありません。" + signature(),
    )


def offer_reminder(match: Match, link: str) -> Mail:
    """The newest link is the one that works."""
    words = wording_of(match.request)
    assert match.answer_by is not None  # set with every approval
    return (
        f"お返事をお待ちしています: {match.request.title}",
        f"{match.registrant.addressed}\n\n"
        f"{match.request.organisation.name}からの「{match.request.title}」について、"
        f"{dated(match.answer_by)}までにお返事をお願いします。\n{_when(match)}\n\n"
        f"次のページで「{words.yes}」か「{words.no}」をお選びください。サインインは要りません。\n"
        "（先のメールのリンクは使えなくなりました。こちらをお使いください。）\n"
        f"{link}\n\n"
        "お電話での返事も受け付けています。お断りになっても、登録には何の影響もありません。" + signature(),
    )


def insurance_reminder(request: SupportRequest, gap: str, page: str) -> Mail:
    """`gap`: what stands before the first date, as a sentence."""
    first = request.sessions[0]
    return (
        f"保険を決めてください: {request.title}",
        f"{dated_span(first.starts_at, first.ends_at)}の「{request.title}」についてのお知らせです。\n"
        f"{gap}\n次のページから入力できます。\n{page}" + signature(),
    )


def report_reminder(request: SupportRequest, day: date, page: str) -> Mail:
    return (
        f"活動の報告をお願いします: {request.title}",
        f"{dated(day)}の「{request.title}」は、いかがでしたか。活動の報告がまだ届いていません。\n"
        f"次のページから報告してください。報告は、来てくださった方の実績になります。\n{page}" + signature(),
    )


def accepted(match: Match, page: str) -> Mail:
    """For the requester and the coordinator: who comes is on the page, not in the mail."""
    said = wording_of(match.request).accepted
    return (
        f"{said}: {match.request.title}",
        f"{said}。\n\n■ {match.request.title}\n{_when(match)}\n\n"
        f"お名前と連絡先は、次のページでご覧ください。\n{page}" + signature(),
    )


def thanks(match: Match, page: str) -> Mail:
    words = wording_of(match.request)
    return (
        f"ありがとうございます: {match.request.title}",
        f"{match.registrant.addressed}\n\n"
        f"{words.thanks}\n\n■ {match.request.title}\n{_when(match)}\n\n"
        f"{words.asker}の連絡先は、サインインして次のページでご覧いただけます。\n{page}" + signature(),
    )


def declined(match: Match, page: str) -> Mail:
    said = wording_of(match.request).declined
    return (
        f"{said}: {match.request.title}",
        f"「{match.request.title}」の打診に、{said}。\n次の方に打診できます。\n{page}" + signature(),
    )


def wished(match: Match, page: str) -> Mail:
    """For the coordinators: who it is stands on the page, not in the mail."""
    request = match.request
    if municipality().turned_round(request.programmes):
        return (
            f"応募がありました: {request.title}",
            f"{request.organisation.name}の「{request.title}」に、応募がありました。\n"
            f"{_when(match)}\n\n"
            f"団体が選ぶと、もう一度お知らせします。\n{page}" + signature(),
        )
    return (
        f"やってみたいという方がいます: {request.title}",
        f"{request.organisation.name}の「{request.title}」を、やってみたいという方がいます。\n"
        f"{_when(match)}\n\n"
        f"次のページで確かめて、お願いするか、見送るかを決めてください。\n{page}" + signature(),
    )


def applied(request: SupportRequest, page: str) -> Mail:
    """For the offering side, who chooses; who it is stands on the page, not in the mail."""
    return (
        f"応募がありました: {request.title}",
        f"「{request.title}」に、応募がありました。\n次のページで、出演してほしい方を選んでください。\n{page}"
        + signature(),
    )


def chosen(match: Match, page: str) -> Mail:
    """For the coordinators: the offering side chose; the approval is theirs."""
    request = match.request
    return (
        f"団体が選びました: {request.title}",
        f"{request.organisation.name}が、「{request.title}」に応募した方を選びました。\n"
        f"{_when(match)}\n\n"
        f"次のページで確かめて、承認してください。\n{page}" + signature(),
    )


def not_asked(match: Match, reason: str) -> Mail:
    """For somebody whose wish is not taken up. `reason`: why, as a polite clause."""
    return (
        f"今回は見送らせていただきます: {match.request.title}",
        f"{match.registrant.addressed}\n\n"
        f"「{match.request.title}」{wording_of(match.request).wished}、ありがとうございました。\n"
        f"{reason}ので、今回は見送らせていただきます。\n\n"
        "ご登録には何の影響もありません。ほかの依頼も、どうぞご覧ください。" + signature(),
    )


def resigned(match: Match, on: date, why: str) -> Mail:
    """For both sides. `why`: the reason, as it was chosen."""
    return (
        f"任期の途中での退任: {match.request.title}",
        f"次の委嘱について、任期の途中での退任を記録しました。\n\n"
        f"■ {match.request.title}\n{_when(match)}\n退任の日: {date_text(on)}\n理由: {why}\n\n"
        "これまでの委嘱の記録は、そのまま残ります。" + signature(),
    )


def called_off(match: Match, why: str) -> Mail:
    """For everybody concerned. `why`: the reason, as it was chosen."""
    return (
        f"取りやめになりました: {match.request.title}",
        f"次の{wording_of(match.request).noun}は、取りやめになりました。\n\n"
        f"■ {match.request.title}\n{_when(match)}\n"
        f"理由: {why}\n\n"
        "ご不明の点は、担当者にお尋ねください。" + signature(),
    )


def rest_called_off(match: Match, rows: Sequence[MatchSession], why: str) -> Mail:
    """For everybody concerned: the dates that fall away; what was done before stays."""
    return (
        f"これからの日時が取りやめになりました: {match.request.title}",
        f"次の日時は、取りやめになりました。すでに行われた活動は、そのまま残ります。\n\n"
        f"■ {match.request.title}\n日時: {_spans(rows)}\n理由: {why}\n\n"
        "ご不明の点は、担当者にお尋ねください。" + signature(),
    )


def moved_up(match: Match, page: str) -> Mail:
    """For the requester and the coordinators: who it is stands on the page, not in the mail."""
    return (
        f"補欠の方に打診しました: {match.request.title}",
        f"「{match.request.title}」に空きができたため、次の補欠の方に打診しました。\n"
        f"{_when(match)}\n{page}" + signature(),
    )


def nobody_moved_up(request: SupportRequest, page: str) -> Mail:
    """For the coordinators: the place is still free."""
    return (
        f"補欠の方に打診できませんでした: {request.title}",
        f"「{request.title}」に空きができましたが、補欠の方に打診できませんでした。\n"
        "ご都合や登録が変わったか、補欠を決めた担当者が替わったためです。\n"
        f"次のページで、次の方を探してください。\n{page}" + signature(),
    )


def objected(match: Match, why: str, page: str) -> Mail:
    return (
        f"依頼者から申し出がありました: {match.request.title}",
        f"「{match.request.title}」に決まった方について、{match.request.organisation.name}から申し出がありました。\n"
        f"理由: {why}\n\n次のページで、どうするかを決めてください。\n{page}" + signature(),
    )


def objection_decided(match: Match, upheld: bool, page: str) -> Mail:
    what = "この方へのお願いを取りやめ、ほかの方を探します" if upheld else "このままお願いすることにしました"
    return (
        f"申し出への返事: {match.request.title}",
        f"「{match.request.title}」について申し出をいただき、ありがとうございました。\n担当者が確かめ、{what}。\n{page}"
        + signature(),
    )


def changed(match: Match, before: list[str], page: str) -> Mail:
    """For whoever said yes: what it was, what it is, and where to answer."""
    now_, was = "\n".join(facts_of(match)), "\n".join(before)
    return (
        f"日時や場所が変わりました: {match.request.title}",
        f"{match.registrant.addressed}\n\n「{match.request.title}」の日時や場所が変わりました。\n\n"
        f"■ 変わる前\n{was}\n\n■ 変わった後\n{now_}\n\n"
        f"次のページで確かめて、お返事ください。サインインは要りません。\n{page}\n\n"
        "ご都合が悪いときは、遠慮なくお断りください。" + signature(),
    )


def change_kept(match: Match, page: str) -> Mail:
    return (
        f"変更後も来ていただけます: {match.request.title}",
        f"「{match.request.title}」の変更を確かめ、引き受けるとの返事がありました。\n{page}" + signature(),
    )


def request_changed(request: SupportRequest, asked: int, page: str) -> Mail:
    return (
        f"依頼の日時や場所が変わりました: {request.title}",
        f"「{request.title}」の日時や場所が変わりました。{asked}人に知らせています。\n{page}" + signature(),
    )


def facts_of(match: Match) -> list[str]:
    """Dates and place, as they are read."""
    return [_when(match), f"場所: {_place(match.request)}"]


def report_returned(request: SupportRequest, comment: str, page: str) -> Mail:
    report = wording_of(request).report
    return (
        f"{report}をもう一度お願いします: {request.title}",
        f"「{request.title}」の{report}について、担当者から次の連絡があります。\n\n{comment}\n\n"
        f"次のページで、直して送ってください。\n{page}" + signature(),
    )


def _place(request: SupportRequest) -> str:
    return "オンライン" if request.online else f"{request.ward} {request.place}".strip()


def _spans(rows: Sequence[MatchSession]) -> str:
    return "、".join(dated_span(row.starts_at, row.ends_at) for row in rows)


def _when(match: Match) -> str:
    """The dates; of a seat the council and the term."""
    request = match.request
    dates = _spans(match.session_rows) or term_text(request) or "追ってお知らせします"
    council = f"審議会など: {request.council}\n" if request.council else ""
    return f"{council}{wording_of(request).when}: {dates}"

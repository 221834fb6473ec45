"""What happened to a request or a match, told to whoever reads its page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from matching.kernel import audit
from matching.matches.models import Match, MatchStatus
from matching.requests.models import SupportRequest
from matching.requests.wording import Wording, wording_of

# What the timeline of a request and of a match tells, by the act that was recorded.
HAPPENED = {
    "request.post": "依頼を書きはじめました",
    "request.submit": "依頼を送りました",
    "request.open": "募集を始めました",
    "request.return": "差し戻しました",
    "request.fill": "来てくれる人が決まりました",
    "request.reopen": "空きができ、また探しています",
    "request.report": "活動を報告しました",
    "request.close": "依頼を終えました",
    "request.cancel": "依頼を取り消しました",
    "request.refuse": "目的が決まりに合わず、お断りしました",
    "request.insure": "保険を決めました",
    "request.change": "日時や場所を変えました",
    "request.keep_alternate": "補欠を決めました",
    "match.ask_again": "日時や場所が変わり、あらためてたずねています",
    "match.answer_change": "変更への返事がありました",
    "match.leave": "これからの日時は取りやめになりました",
    "match.object": "依頼者から申し出がありました",
    "match.decide_objection": "申し出への対応を決めました",
    "match.wish": "「やってみたい」と伝えました",
    "match.choose": "場を出す団体が選びました",
    "match.unchoose": "場を出す団体が、選ぶのをやめました",
    "match.withdraw": "希望を取り下げました",
    "match.reject": "希望は見送られました",
    "match.approve": "打診しました",
    "match.accept": "引き受けました",
    "match.decline": "見送りました",
    "match.lapse": "回答の期限が過ぎました",
    "match.cancel": "取りやめになりました",
    "match.end": "登録か必要な資格が終わり、取りやめになりました",
    "match.report": "活動が報告されました",
    "match.send_back": "報告を差し戻しました",
    "match.complete": "活動を確認し、計上しました",
    "match.miss": "来られませんでした",
    "match.void": "計上を取り消しました",
    "match.resign": "任期の途中での退任を記録しました",
    "match.report_again": "報告をやりなおすことにしました",
    "match.contact_consent": "連絡先の提供に同意しました",
    "match.contact_consent_withdrawn": "連絡先の提供の同意をやめました",
    "match.import": "紙の記録から取り込みました",
    "match.record_check": "学校設置者の安全確認を記録しました",
    "match.take_back_check": "学校設置者の安全確認の記録を取り消しました",
    "match.correct": "紙の記録に合わせて、計上しなおしました",
}


# The same, where the act alone does not say it: (act, state before, state after).
MOVED: dict[tuple[str, str | None, str | None], str] = {
    ("match.approve", MatchStatus.PROPOSED, MatchStatus.ACCEPTED): "お願いすることが決まりました",
    ("match.lapse", MatchStatus.PROPOSED, MatchStatus.LAPSED): "募集が終わりました",
}


# Between the requester and the coordinator: the person does not read of it.
APART = frozenset({"match.object", "match.decide_objection"})


def timeline(subject: SupportRequest | Match, *, own: bool = False) -> tuple[tuple[datetime, str], ...]:
    """(when, what happened), newest first. `own`: the person of the match reads it."""
    events = (event for event in audit.history(subject) if not (own and event.action in APART))
    words = wording_of(subject if isinstance(subject, SupportRequest) else subject.request)
    told = ((event.at, happened(event.action, event.details, words)) for event in events)
    return tuple((at, words) for at, words in told if words)


def happened(act: str, details: Mapping[str, Any], words: Wording) -> str | None:
    """What a recorded act is called; None: the timeline does not tell of it."""
    before, after = details.get("before"), details.get("after")
    own = words.happened.get(f"{act} {after}") or words.happened.get(act)
    return own or MOVED.get((act, before, after)) or HAPPENED.get(act)

"""How a request and its matches are spoken of: an activity, a stage that people apply for, a council seat."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from matching.kernel.clock import date_text
from matching.municipality.city import municipality
from matching.requests.models import SupportRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Words and short sentences. The mappings hold what this kind says otherwise than an activity:

    `states` and `outcomes` by the state of a match, `happened` by the act that was recorded, or by it and the
    state it led to.
    """

    noun: str = "活動"
    asker: str = "依頼した団体"
    # the request
    content: str = "依頼の内容"
    description: str = "依頼内容"
    audience: str = "対象"
    when: str = "日時"
    headcount: str = "必要人数"
    unit: str = "人"
    participants: str = "参加予定"
    deadline: str = "回答期限"
    minors: bool = True  # whether children may take part
    people: str = "来てくれる人"
    undecided: str = "担当者が候補の方に打診します。決まるとメールでお知らせします。"
    opened: str = "来てくださる方が決まりましたら、メールでお知らせします。"
    # the offer and its answer
    person: str = "引き受ける方"
    offer: str = "お力を貸してください"
    offered: str = "から、次の依頼がありました。"
    yes: str = "引き受ける"
    no: str = "今回は見送る"
    accepted: str = "引き受ける方が決まりました"
    declined: str = "見送りの返事がありました"
    thanks: str = "引き受けていただき、ありがとうございます。"
    wished: str = "に「やってみたい」と手をあげていただき"
    wish: str = "希望"
    # the report and its confirmation
    report: str = "活動報告"
    do_report: str = "活動を報告する"
    reported: str = "活動を報告しました"
    unreported: str = "まだ報告されていません。"
    held: str = "行われました"
    not_held: str = "中止になりました"
    confirm: str = "報告を確認して計上する"
    states: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    happened: Mapping[str, str] = field(default_factory=dict)


ACTIVITY = Wording()
STAGE = replace(
    ACTIVITY,
    noun="出演",
    asker="場を出す団体",
    content="募集の内容",
    description="どんな場か",
    audience="見に来る人",
    headcount="枠の数",
    unit="枠",
    participants="来場の見込み",
    deadline="応募の締切",
    minors=False,
    people="出演する人",
    undecided="応募した方の中から選んでください。担当者が承認すると決まります。",
    opened="応募があると、次のページに表示します。その中から選んでください。",
    person="出演する方",
    accepted="出演する方が決まりました",
    thanks="出演が決まりました。ご応募ありがとうございます。",
    wished="に応募していただき",
    wish="応募",
    report="出演の報告",
    do_report="出演を報告する",
    reported="出演を報告しました",
    states={"accepted": "出演決定", "completed": "出演済み"},
    happened={
        "request.post": "募集を書きはじめました",
        "request.submit": "募集を送りました",
        "request.fill": "出演する人が決まりました",
        "request.reopen": "枠が空き、また応募を待っています",
        "request.report": "出演を報告しました",
        "request.close": "募集を終えました",
        "request.cancel": "募集を取り消しました",
        "match.wish": "応募しました",
        "match.withdraw": "応募を取り下げました",
        "match.reject": "応募は見送られました",
        "match.object": "場を出す団体から申し出がありました",
        "match.approve": "出演が決まりました",
        "match.report": "出演が報告されました",
        "match.complete": "出演を確認し、計上しました",
        "match.miss": "出演はありませんでした",
    },
)
SEAT = replace(
    ACTIVITY,
    noun="委嘱",
    asker="担当する課",
    description="お願いすること",
    when="任期",
    headcount="委員の数",
    participants="",
    minors=False,
    people="委員になる人",
    undecided="担当者が候補の方に委嘱を打診します。承諾があるとメールでお知らせします。",
    opened="就任の承諾がありましたら、メールでお知らせします。",
    person="委員になる方",
    offer="委員への就任をお願いします",
    offered="から、次の委員の委嘱について打診がありました。",
    yes="就任を承諾する",
    no="就任を辞退する",
    accepted="就任の承諾がありました",
    declined="就任を辞退する返事がありました",
    thanks="就任を承諾していただき、ありがとうございます。",
    report="委嘱の記録",
    do_report="委嘱を記録する",
    reported="委嘱を記録しました",
    unreported="まだ委嘱が記録されていません。",
    held="委嘱しました",
    not_held="委嘱しませんでした",
    confirm="委嘱を確認して計上する",
    states={
        "offered": "委嘱を打診中",
        "accepted": "就任を承諾",
        "reported": "委嘱を確認中",
        "completed": "委嘱済み",
        "declined": "就任を辞退",
        "cancelled": "取りやめ",
        "no_show": "委嘱なし",
    },
    outcomes={
        "accepted": "就任を承諾していただいています。ありがとうございます。",
        "reported": "委嘱されました。ありがとうございます。",
        "completed": "委嘱されました。ありがとうございます。",
        "declined": "就任を辞退するとのお返事をいただいています。",
        "cancelled": "この委嘱は取りやめになりました。",
    },
    happened={
        "request.fill": "委員になる人が決まりました",
        "request.report": "委嘱を記録しました",
        "request.change": "場所を変えました",
        "match.ask_again": "場所が変わり、あらためてたずねています",
        "match.object": "担当する課から申し出がありました",
        "match.approve": "委嘱を打診しました",
        "match.approve accepted": "就任の承諾があり、決まりました",
        "match.accept": "就任を承諾しました",
        "match.decline": "就任を辞退しました",
        "match.report": "委嘱が記録されました",
        "match.send_back": "委嘱の記録を差し戻しました",
        "match.complete": "委嘱を確認し、計上しました",
        "match.miss": "委嘱されませんでした",
        "match.report_again": "委嘱の記録をやりなおすことにしました",
    },
)


def wording_of(request: SupportRequest) -> Wording:
    """A term makes it a council seat."""
    if request.term_start is not None:
        return SEAT
    return STAGE if municipality().turned_round(request.programmes) else ACTIVITY


def term_text(request: SupportRequest) -> str:
    """2027年6月1日から2029年5月31日まで; nothing where it has no term."""
    if request.term_start is None or request.term_end is None:
        return ""
    return f"{date_text(request.term_start)}から{date_text(request.term_end)}まで"

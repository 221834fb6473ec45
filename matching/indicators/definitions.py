"""The figures: each a name, the sentence that says what it counts, what it leaves out, its unit and rounding.

A figure is computed in one place (`figures.py`) and shown everywhere by this definition; when a year is
closed, value and sentence are stored together (design §7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

Value = int | Decimal | None


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure. `places`: decimals kept; `per`: how many of it make one of its unit as it is shown.

    A value of None (nothing to divide by) is shown as a dash.
    """

    key: str
    name: str
    sentence: str
    leaves_out: str
    unit: str
    places: int = 0
    per: int = 1

    def rounded(self, value: Value) -> Value:
        """The value as every page and file gives it: halves go up."""
        if value is None:
            return None
        step = Decimal(1).scaleb(-self.places)
        exact = Decimal(value).quantize(step, ROUND_HALF_UP)
        return exact if self.places else int(exact)

    def shown(self, value: Value) -> str:
        """1234 → 1,234件; 12.34 → 12.3％; 90 minutes → 1.5時間; None → –."""
        rounded = self.rounded(value)
        if rounded is None:
            return "–"
        if self.per != 1:
            rounded = (Decimal(rounded) / self.per).quantize(Decimal("0.1"), ROUND_HALF_UP)
        return f"{rounded:,}{self.unit}"


_CORRECTED = (
    "締めた年度の計上をあとから取り消したものは、その年度の値を変えず、取り消した年度から1件を引きます。"
)

DEFINITIONS: Mapping[str, Definition] = {
    d.key: d
    for d in (
        Definition(
            "completed_matches",
            "活動件数",
            "担当者が実施を確認した活動を、引き受けた人ごとに1件と数えます。属する年度は、最後に行われた日の年度（委嘱は任期のはじまる年度）です。"
            + _CORRECTED,
            "行われなかったもの、来られなかった人の分、取り消した計上。",
            "件",
        ),
        Definition(
            "people_active",
            "活動した人",
            "この年度に計上した活動がある人を、何度活動しても1人と数えます。同じ人の登録を一つにまとめたあとは、1人です。団体は1と数えます。",
            "登録しているだけの人、取り消した計上だけの人。",
            "人",
        ),
        Definition(
            "activation_rate",
            "活動率",
            "活動した人を、年度の終わり（途中の年度はきょう）に有効な登録の数で割ります。",
            "休止中・期限切れ・辞退・取消しの登録は、割る数に入れません。",
            "％",
            1,
        ),
        Definition(
            "organisations",
            "受け入れた団体",
            "計上した活動を受け入れた学校や団体を、何度受け入れても1団体と数えます。",
            "依頼を出しただけの団体。",
            "団体",
        ),
        Definition(
            "districts",
            "活動のあった校区",
            "計上した活動が行われた校区を、何度行われても1校区と数えます。",
            "校区を書いていない活動（市の全体やオンライン）。",
            "校区",
        ),
        Definition(
            "activity_minutes",
            "活動時間",
            "計上した活動の時間を、引き受けた人ごとに足します。2人で1時間なら2時間です。" + _CORRECTED,
            "準備や移動の時間、委嘱（任期で行うもの）。",
            "時間",
            per=60,
        ),
        Definition(
            "participants",
            "参加した人（延べ）",
            "活動に参加した人の数です。一つの依頼では、いちばん多かった回の人数を一度だけ数えます。何人で引き受けても増えません。",
            "引き受けた人。取り消した計上だけの依頼。",
            "人",
        ),
        Definition(
            "online_share",
            "オンラインの割合",
            "計上した活動のうち、オンラインで行ったものの割合です。",
            "取り消した計上。",
            "％",
            1,
        ),
        Definition(
            "fill_rate",
            "充足率",
            "この年度に最後の日（委嘱は任期のはじまり）が来た依頼が求めた人数のうち、引き受ける人が決まった人数の割合です。依頼は、はじめに書かれた登録区分に数えます。",
            "これからの依頼、募集しなかった依頼、依頼した側が取り消した依頼、取り込んだ過去の活動。",
            "％",
            1,
        ),
        Definition(
            "days_to_fill",
            "決まるまでの日数",
            "人数がそろった依頼の、募集をはじめた日から最後の人が引き受けた日までの日数の、まん中の値です。",
            "人数がそろわなかった依頼。ほかは充足率と同じです。",
            "日",
            1,
        ),
        Definition(
            "new_registrations",
            "新しい登録",
            "この年度にはじめて承認した登録の数です。一人が二つの登録区分に登録すれば2件です。",
            "更新、承認していない申し込み。",
            "件",
        ),
        Definition(
            "course_completions",
            "講座の修了",
            "この年度に終わった講座の修了の数です。講座は、その種類がつながる登録区分に数えます。",
            "申し込んだだけの人。",
            "件",
        ),
    )
}

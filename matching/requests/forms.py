"""The shape of what a requester types."""

from datetime import date
from typing import Any

from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, TimeField
from wtforms.validators import InputRequired, Optional

from matching.kernel import forms
from matching.kernel.clock import WEEKDAYS
from matching.kernel.labels import choices
from matching.registry.models import Format
from matching.requests.models import INSURANCES, SIDES
from matching.requests.rules import CANCEL_REASONS

YES_NO = {"yes": "はい", "no": "いいえ"}
MOST_SESSIONS = 60


class SessionForm(Form):  # type: ignore[misc]
    """One date of a request; CSRF belongs to the form around it."""

    day = forms.day("日付")
    starts = TimeField("始まり", [InputRequired("始まりの時刻を入力してください。")])
    ends = TimeField("終わり", [InputRequired("終わりの時刻を入力してください。")])

    gone = BooleanField("この日時を消す")

    class Meta:
        locales = ("ja",)


class RequestForm(forms.Form):
    """The choices are the municipality's and the actor's organisations."""

    organisation = forms.choice("依頼する団体")
    title = forms.text("件名", help="何をしてほしいかを、ひとことで（例 ミシンの授業の手伝い）。")
    description = forms.text_area(
        "依頼内容",
        help="何を、どんなふうに手伝ってほしいか。ふだんの言葉で書いてください。",
    )
    must_have = forms.text_area(
        "どうしても必要なこと",
        required=False,
        most=500,
        help="これができる方でないと困る、ということ。いちばん重く見ます（例 ミシンの糸通し）。",
    )
    nice_to_have = forms.text_area(
        "できればうれしいこと", required=False, most=500, help="なくてもかまわないこと。軽く見ます。"
    )
    audience = forms.text("対象", required=False, help="例 5年生 32人、地域の高齢者")
    sessions = FieldList(FormField(SessionForm), min_entries=1, max_entries=MOST_SESSIONS)
    council = forms.text(
        "審議会などの名称", required=False, help="任期のある委員を依頼するときだけ入力します。"
    )
    term_start = forms.day("任期の始まり", required=False)
    term_end = forms.day("任期の終わり", required=False)
    ward = forms.choice("区")
    school_district = forms.choice("校区", required=False)
    place = forms.text("場所", required=False, help="例 家庭科室、体育館")
    format = forms.radio("形式", choices(Format))
    headcount = forms.number("必要人数", least=1, most=1000, help="来てほしい人の数です。")
    participants = forms.number(
        "参加予定人数", required=False, most=100_000, help="児童・生徒など、参加する人の数です。"
    )
    minors = forms.radio("18歳未満の人が参加しますか", YES_NO)
    teacher_present = forms.radio("教員（職員）が、ずっと立ち会いますか", YES_NO, required=False)
    continuing = forms.radio("同じ人が、くりかえし来る活動ですか", YES_NO, required=False)
    one_to_one = forms.radio(
        "一対一になることがありますか",
        YES_NO,
        required=False,
        help="教員が立ち会わないときだけ答えてください。",
    )
    fee = forms.text("謝礼", required=False, most=20, help="無償、実費、応相談、または金額（円）。")
    insurance = forms.choice(
        "保険",
        INSURANCES,
        required=False,
        help="最初の日時までに決めてください。謝礼のある活動は、ボランティア活動保険の対象になりません。",
    )
    travel_cost = forms.choice("交通費を払う人", SIDES, required=False)
    material_cost = forms.choice("材料費を払う人", SIDES, required=False)
    parking = forms.text("駐車場", required=False, help="例 正門の横に2台")
    equipment = forms.text("道具・設備", required=False, most=200, help="あるものと、持ってきてほしいもの。")
    special_needs = forms.text_area(
        "配慮してほしいこと",
        required=False,
        most=500,
        help="例 車いすの方がいます。子どもの名前は書かないでください。",
    )
    credentials_required = forms.several("必要な資格")
    deadline = forms.day("回答期限", required=False, help="いつまでに決まればよいですか。")
    programmes = forms.several(
        "対象とする登録区分", help="選ばないときは、団体の区分に合わせて広く探します（おすすめ）。"
    )
    contact_name = forms.text("連絡先のお名前", help="決まった方にだけ伝えます。")
    contact_phone = forms.text("連絡先の電話", most=40, autocomplete="tel", inputmode="tel")
    contact_email = forms.email("連絡先のメール")
    emergency_contact = forms.text(
        "当日の緊急連絡先", required=False, help="お名前と電話。決まった方にだけ伝えます。"
    )
    version = HiddenField()
    series_weekday = forms.choice(
        "曜日", {str(n): f"{day}曜日" for n, day in enumerate(WEEKDAYS)}, required=False
    )
    series_first = forms.day("始まりの日", required=False)
    series_last = forms.day("終わりの日", required=False)
    series_starts = TimeField("始まりの時刻", [Optional()])
    series_ends = TimeField("終わりの時刻", [Optional()])
    left_out: tuple[tuple[date, str], ...] = ()  # days of a series the calendar took out


class StageForm(RequestForm):
    """活動の場: what is offered, to those who would like to show what they learned."""

    organisation = forms.choice("場を出す団体")
    title = forms.text("場の名前", help="例 公民館まつりの舞台、ロビーの展示壁。")
    description = forms.text_area(
        "どんな場か", help="何を披露できるか、広さや持ち時間、来る人のことを書いてください。"
    )
    audience = forms.text("見に来る人", required=False, help="例 地域の方 100人くらい")
    headcount = forms.number(
        "枠の数", least=1, most=1000, help="出演・展示してもらう人や団体の数です。団体も1と数えます。"
    )
    participants = forms.number("来場の見込み（人）", required=False, most=100_000)
    equipment = forms.text(
        "設備", required=False, most=200, help="例 マイク2本、展示パネル10枚。持ってきてほしいものも。"
    )
    deadline = forms.day("応募の締切", required=False)
    must_have = nice_to_have = minors = teacher_present = continuing = one_to_one = None
    credentials_required = programmes = fee = travel_cost = material_cost = None
    council = term_start = term_end = None  # type: ignore[assignment]  # WTForms: a field set to None is not there


class ReturnForm(forms.Form):
    comment = forms.text_area("依頼者への連絡", most=500, help="何を直してほしいかを書いてください。")


class RefuseForm(forms.Form):
    reason = forms.radio("お断りする理由", {})


class CancelForm(forms.Form):
    reason = forms.radio("取り消す理由", CANCEL_REASONS)


def yes_no(value: Any) -> bool | None:
    """yes, no, or not answered."""
    return {"yes": True, "no": False}.get(value)


class InsuranceForm(forms.Form):
    insurance = forms.radio("保険", INSURANCES)


class CalendarForm(forms.Form):
    name = forms.text("名前", most=40, help="例 夏休み、開校記念日")
    first_day = forms.day("始まりの日")
    last_day = forms.day("終わりの日", required=False, help="1日だけのときは、空けておいてください。")

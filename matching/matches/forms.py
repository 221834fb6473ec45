"""The shape of what is typed about matches."""

from wtforms import Field, FieldList, FormField, HiddenField, IntegerField
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from matching.kernel import forms
from matching.kernel.labels import choices
from matching.matches.models import AttemptResult, Channel
from matching.matches.rules import (
    CANCEL_REASONS,
    DECLINE_REASONS,
    OBJECTION_REASONS,
    REJECT_REASONS,
    RESIGN_REASONS,
    REVERSAL_REASONS,
)
from matching.requests.forms import SessionForm

STEPS = {
    "5": "とてもそう思う",
    "4": "そう思う",
    "3": "どちらともいえない",
    "2": "あまり思わない",
    "1": "思わない",
}


class ApprovalForm(forms.Form):
    """打診する: of whom, on which dates, until when; or that the person has said yes already."""

    registrant = forms.text("登録者")
    sessions = forms.several("来てもらう日時")
    answer_by = forms.day("回答の期限")
    agreed_by = forms.choice(
        "すでに承諾をもらっているとき",
        {c.value: f"{c.label}で承諾をもらった" for c in Channel if c is not Channel.MAIL},
        required=False,
    )


class AcceptForm(forms.Form):
    contact_consent = forms.boolean("この活動に限り、私の連絡先を依頼した団体に伝えてよい")
    version = IntegerField(widget=HiddenInput())  # of the request that was read; None: said wrongly


class DeclineForm(forms.Form):
    reason = forms.radio("お断りの理由", DECLINE_REASONS)


class AttemptForm(forms.Form):
    """連絡記録."""

    channel = forms.radio("連絡の方法", {c.value: c.label for c in Channel if c is not Channel.MAIL})
    result = forms.radio("結果", choices(AttemptResult))
    reason = forms.choice("お断りの理由", DECLINE_REASONS, required=False, help="辞退のときだけ選びます。")

    def validate_reason(self, field: Field) -> None:
        if self.result.data == AttemptResult.DECLINED and not field.data:
            raise ValidationError("辞退の理由を選んでください。")


class CancelForm(forms.Form):
    reason = forms.radio("取りやめる理由", CANCEL_REASONS)


class ObjectionForm(forms.Form):
    reason = forms.radio("理由", OBJECTION_REASONS, help="担当者が確かめて、どうするかをお返事します。")


class ChangeForm(forms.Form):
    """The dates still to come, in order, and the place."""

    sessions = FieldList(FormField(SessionForm))
    place = forms.text("場所", required=False)
    version = HiddenField()


class ResignForm(forms.Form):
    """任期の途中で退任."""

    on = forms.day("退任の日", help="この日から、ほかの委員を務められます。")
    reason = forms.radio("理由", RESIGN_REASONS, help="本人と担当する課に、メールで知らせます。")


class RejectForm(forms.Form):
    reason = forms.radio("見送る理由", REJECT_REASONS, help="本人に、この言葉のままメールで知らせます。")


class ReversalForm(forms.Form):
    reason = forms.radio("計上を取り消す理由", REVERSAL_REASONS)


class SendBackForm(forms.Form):
    comment = forms.text_area("依頼者への連絡", most=500, help="どこを直してほしいかを書いてください。")


class ReportForm(forms.Form):
    """活動報告 of one session."""

    held = forms.radio("活動は行われましたか", {"yes": "行われた", "no": "中止になった"})
    minutes = forms.number("活動した時間（分）", required=False, most=24 * 60)
    participants = forms.number(
        "参加した人数", required=False, help="児童・生徒など、活動に参加した人の数です。"
    )
    came = forms.several("来てくれた人", help="印のない方は、来なかったと記録します。")

    def validate_minutes(self, field: Field) -> None:
        if self.held.data == "yes" and not field.data:
            raise ValidationError("活動した時間を分で入力してください（例 90）。")

    def validate_participants(self, field: Field) -> None:
        if self.held.data == "yes" and field.data is None:
            raise ValidationError("参加した人数を入力してください（いなければ0）。")

    @property
    def effects(self) -> dict[str, int]:
        """The effects that were answered, each with its step."""
        answers = [field for field in self if field.name.startswith("effect_")]
        return {field.label.text: int(field.data) for field in answers if field.data}


class AppointmentForm(ReportForm):
    """委嘱 of a council seat: no minutes, no participants."""

    held = forms.radio("委嘱しましたか", {"yes": "委嘱した", "no": "委嘱しなかった"})
    came = forms.several("委嘱した人")
    minutes = participants = None


def report_form(effects: list[str], *, seat: bool) -> type[ReportForm]:
    """The form of a session's report; `effects` are asked too (with a request's last report)."""
    fields = {
        f"effect_{number}": forms.choice(effect, STEPS, required=False)
        for number, effect in enumerate(effects, 1)
    }
    return type("AskedForm", (AppointmentForm if seat else ReportForm,), fields)


class SafetyCheckForm(forms.Form):
    """安全確認: that it was done, by whom and until when; never what it found."""

    checked_on = forms.day("確認した日")
    officer = forms.text("確認した担当者", help="学校設置者の担当者のお名前（例 教育委員会 山田）。")
    valid_to = forms.day("有効期限", help="この日までの活動に使えます。")

"""The shape of what is typed about certificates and courses."""

from typing import Any

from wtforms import HiddenField

from matching.kernel import forms, readings
from matching.registry.forms import read_certificate_number
from matching.registry.proofs import EVIDENCE


class SeenForm(forms.Form):
    """資格を確かめる: what stands on the certificate."""

    certificate_number = forms.text("番号", required=False, most=40, reader=read_certificate_number)
    issued_on = forms.day("発行日", required=False)
    expires_on = forms.day("有効期限", required=False)
    evidence = forms.radio("見たもの", EVIDENCE)
    version = HiddenField()


class CourseForm(forms.Form):
    """講座を登録する."""

    name = forms.text("講座の名前", help="例 令和8年度 防災士養成講座")
    kind = forms.choice("講座の種類")
    organiser = forms.text(
        "主催者", help="資格を出すところが主催者のときだけ、修了すると資格も記録されます。"
    )
    ward = forms.choice("会場の区")
    first_day = forms.day("始まりの日")
    last_day = forms.day("終わりの日")
    expires_on = forms.day("証書の有効期限（期限のある証書が出る講座だけ）", required=False)


class ParticipantForm(forms.Form):
    """受講者: a code, or a name, its reading and an address."""

    code = forms.text(
        "登録者のコード",
        required=False,
        most=20,
        help="登録のある方は、登録のページにあるコードだけで足ります。",
    )
    name = forms.text("氏名", required=False)
    kana = forms.text("ふりがな", required=False, reader=readings.read_kana)
    email = forms.email("メール", required=False, help="修了したとき、登録のご案内を送ります。")

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        if self.code.data:
            return valid
        for field, sentence in (
            (self.name, "コードか氏名を入力してください。"),
            (self.kana, "ふりがなを入力してください。"),
        ):
            if not field.data:
                field.errors = [sentence]
                valid = False
        return valid


class CompletionForm(forms.Form):
    """修了を記録する."""

    participants = forms.several("修了した方", required=True)

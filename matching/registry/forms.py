"""The shape of a registration: one form per step, and all of them together for paper."""

from typing import Any

from wtforms import FieldList, Form, FormField, HiddenField, TimeField
from wtforms.validators import InputRequired, Optional

from matching.kernel import forms, readings
from matching.kernel.clock import today
from matching.kernel.labels import choices
from matching.kernel.text import folded
from matching.municipality.city import municipality
from matching.municipality.rulebook import DETAILS
from matching.registry import proofs
from matching.registry.models import ConsentPurpose, Fee, Format, Level, RegistrantKind

NONE_YET = "none"  # the version of an entry that nobody has begun
MOST_ROWS = 50  # certificates or courses of one person: all are shown, and a few empty ones
DAYS = {str(weekday): f"{name}曜日" for weekday, name in enumerate("月火水木金土日")}


def read_certificate_number(text: str) -> str:
    """As it is kept: half-width."""
    return readings.read_short(folded(text), 40)


class PersonForm(forms.Form):
    """Who I am."""

    kind = forms.radio("個人・団体", choices(RegistrantKind))
    name = forms.text("氏名（団体は団体名）", autocomplete="name")
    kana = forms.text("ふりがな", reader=readings.read_kana)
    members = forms.number(
        "団体の人数", required=False, least=1, most=100_000, help="団体のときだけ入力します。"
    )
    representative = forms.text("代表者のお名前", required=False, help="団体のときだけ入力します。")
    birth_year = forms.text(
        "生まれた年",
        required=False,
        most=20,
        help="例 1956、昭和31年。団体は入力しなくてかまいません。",
        reader=readings.read_year,
    )
    guardian_name = forms.text("保護者のお名前", required=False, help="18歳以下の方だけ入力します。")
    ward = forms.choice("区")
    school_district = forms.choice(
        "校区", required=False, help="お住まいの小学校区です。分からなければ選ばなくてかまいません。"
    )
    phone = forms.text(
        "電話",
        required=False,
        most=40,
        reader=readings.read_phone,
        autocomplete="tel",
        inputmode="tel",
    )
    email = forms.email("メール", required=False)
    postal_code = forms.text(
        "郵便番号",
        required=False,
        most=20,
        reader=readings.read_postal_code,
        autocomplete="postal-code",
        inputmode="numeric",
    )
    public_name = forms.text(
        "公開名", required=False, help="公開の同意をしたときに、名前の代わりに表示する呼び名です。"
    )


class PersonStepForm(PersonForm):
    """The same as a step: with the version of the entry it was typed on."""

    version = HiddenField()

    @property
    def typed_on(self) -> int | None:
        """None: on a page where nobody had begun yet."""
        return None if self.version.data == NONE_YET else forms.version_of(self)


class CredentialForm(Form):  # type: ignore[misc]
    """One certificate; the form around it guards against forgery."""

    kind = forms.choice("資格", required=False)
    certificate_number = forms.text("番号", required=False, most=40, reader=read_certificate_number)
    issued_on = forms.day("発行日", required=False)
    expires_on = forms.day("有効期限（あるものだけ）", required=False)

    class Meta:
        locales = ("ja",)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.kind.choices |= municipality().credential_kinds

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        told = (self.certificate_number.data, self.issued_on.data, self.expires_on.data)
        if valid and not self.kind.data and any(told):
            self.kind.errors = ["資格の種類を選択してください。"]
            return False
        if not valid or not self.kind.data:
            return valid
        kind = municipality().credentials[self.kind.data]
        if fault := proofs.number_fault(kind, self.certificate_number.data):
            self.certificate_number.errors = [fault]
            return False
        if wrong := proofs.dates_fault(kind, self.issued_on.data, self.expires_on.data, today()):
            self[wrong[0]].errors = [wrong[1]]
            return False
        return True


class LearningForm(Form):  # type: ignore[misc]
    """A course once taken."""

    course = forms.text("受講した講座", required=False)
    fiscal_year = forms.text(
        "受講した年度", required=False, most=20, help="例 令和5年度、2023", reader=readings.read_year
    )

    class Meta:
        locales = ("ja",)

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        if valid and self.course.data and not self.fiscal_year.data:
            self.fiscal_year.errors = ["受講した年度を入力してください。"]
            return False
        if valid and self.fiscal_year.data and not self.course.data:
            self.course.errors = ["受講した講座の名前を入力してください。"]
            return False
        return valid


class OfferingForm(forms.Form):
    """What I can do."""

    programmes = forms.several("登録区分", required=True)
    title = forms.text("できること（ひとことで）", help="例 ミシン・手縫い、昔あそび、防災の話")
    description = forms.text_area("できること（くわしく）", help="どんな言葉で書いてもかまいません。")
    audiences = forms.text(
        "対象", required=False, help="例 小学生、高齢者。いくつかあるときは「；」で区切ります。"
    )
    formats = forms.several("形式", choices(Format), help="選ばないときは、どちらでもよいことになります。")
    fee = forms.choice("謝礼", choices(Fee), required=False)
    level = forms.choice(DETAILS["level"], choices(Level), required=False)
    capacity = forms.number(DETAILS["capacity"], required=False, least=1, most=100_000)
    minutes = forms.number(DETAILS["minutes"], required=False, least=1, most=1440, help="例 45、90")
    equipment = forms.text(
        DETAILS["equipment"], required=False, most=200, help="例 プロジェクター、水道のある部屋。"
    )
    disaster = forms.choice(DETAILS["disaster"], required=False)
    record_title = forms.text(
        DETAILS["record_title"], required=False, help="例 避難所の日記、校区の写真集。記録があるときだけ。"
    )
    record_place = forms.text(DETAILS["record_place"], required=False, help="どこの記録ですか。例 益城町")
    record_year = forms.text(
        DETAILS["record_year"],
        required=False,
        most=20,
        help="いつの記録ですか。例 2016、平成28年",
        reader=readings.read_year,
    )
    credentials = FieldList(FormField(CredentialForm, "資格"), min_entries=2, max_entries=MOST_ROWS)
    learned = FieldList(FormField(LearningForm, "受講した講座"), min_entries=2, max_entries=MOST_ROWS)

    @property
    def asked(self) -> set[str]:
        """The details that a ticked programme asks for; the page hides the others, nobody reads them."""
        ticked = set(self.programmes.data or ())
        return {name for name, askers in municipality().askers.items() if ticked & set(askers)}

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        for name in DETAILS.keys() - self.asked:
            self[name].errors = []
        return not self.errors


class OfferingStepForm(OfferingForm):
    version = HiddenField()


class DayForm(Form):  # type: ignore[misc]
    """The hours of one weekday; both empty: not on that day."""

    starts = TimeField("から", [Optional()])
    ends = TimeField("まで", [Optional()])

    class Meta:
        locales = ("ja",)

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        if valid and (self.starts.data is None) != (self.ends.data is None):
            self.ends.errors = ["「から」と「まで」の両方を入力してください。"]
            return False
        if valid and self.starts.data and self.starts.data >= self.ends.data:
            self.ends.errors = ["終わりの時刻を、始まりより後にしてください。"]
            return False
        return valid


class AvailabilityForm(forms.Form):
    """When and where."""

    areas = forms.several("活動できる区", help="選ばないときは、市内のどこでもよいことになります。")
    hours = FieldList(FormField(DayForm), min_entries=7, max_entries=7)
    monthly_limit = forms.number("1か月に活動できる回数（上限）", required=False, least=1, most=31)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        for day, name in zip(self.hours, DAYS.values(), strict=True):
            day.label.text = name


class AvailabilityStepForm(AvailabilityForm):
    version = HiddenField()


class ConsentForm(forms.Form):
    """The choices are made for the programmes applied for: `programme:purpose`."""

    consents = forms.several("同意")


class ConsentStepForm(ConsentForm):
    version = HiddenField()


class PaperForm(PersonForm, OfferingForm, AvailabilityForm):
    """A paper form, entered by a coordinator; what was signed on it is ticked."""

    consents = forms.several(
        "紙に署名のある同意",
        choices(ConsentPurpose),
        help="署名のあるものだけ選びます。",
    )


class PaperCheckedForm(PaperForm):
    """The same, once more after the question whether it is somebody registered already."""

    other_person = forms.boolean("別の方です")


class TypedForm(forms.Form):
    """What of a person is typed so far on a paper form; nothing of it is asked for yet."""

    name = forms.text("氏名", required=False)
    kana = forms.text("ふりがな", required=False)
    birth_year = forms.text("生まれた年", required=False, most=20, reader=readings.read_year)
    phone = forms.text("電話", required=False, most=40)


class MergeForm(forms.Form):
    """Which values of the second record stay."""

    take = forms.several(
        "2件目の値を残す項目",
        help="選ばない項目は、1件目の値が残ります。1件目が空の項目は、2件目の値で埋めます。",
    )


class EraseForm(forms.Form):
    sure = forms.boolean("消去すると元にもどせないことを、確かめました")


class ApproveForm(forms.Form):
    documents = forms.several("見た書類", help="実物を見たものに印をつけます。")
    valid_until = forms.radio("登録期限", {})


class ReturnForm(forms.Form):
    comment = forms.text_area("本人への連絡", most=500, help="何を直してほしいかを書いてください。")


class RefuseForm(forms.Form):
    reason = forms.radio("登録できない理由", {})


# --- 日時と場所・休み: each with the version of the page it was sent from -------------------------------


class PlaceForm(forms.Form):
    """Where, and how often at most."""

    version = HiddenField()
    areas = forms.several("活動できる区", help="選ばないときは、市内のどこでもよいことになります。")
    monthly_limit = forms.number("1か月に活動できる回数（上限）", required=False, least=1, most=31)


class HoursForm(forms.Form):
    """A preset, hours of one's own, or the key of some to take away."""

    version = HiddenField()
    preset = HiddenField()
    remove = HiddenField()
    weekday = forms.choice("曜日", DAYS)
    starts = TimeField("から", [InputRequired("始まりの時刻を入力してください。")])
    ends = TimeField("まで", [InputRequired("終わりの時刻を入力してください。")])


class AbsenceForm(forms.Form):
    """Two dates, or the key of an absence to take away."""

    version = HiddenField()
    remove = HiddenField()
    first_day = forms.day("不在の最初の日")
    last_day = forms.day("不在の最後の日", required=False, help="1日だけのときは、空けておいてください。")


class PauseForm(forms.Form):
    version = HiddenField()
    until = forms.day("いつまで休みますか", required=False, help="決めていないときは、空のままにします。")


class RenewalForm(forms.Form):
    """Until when those who say yes go on."""

    renews_until = forms.radio("いつまで更新するか", {})

"""The shape of what is typed about organisations."""

from wtforms import HiddenField

from matching.kernel import forms


class InvitationForm(forms.Form):
    email = forms.email("担当者のメールアドレス", help="招待のメールを送ります。")


class HandOverForm(forms.Form):
    email = forms.email("引き継ぐ方のメールアドレス", help="招待のメールを送ります。")


class EditForm(forms.Form):
    """What its own people may change."""

    name = forms.text("団体名", help="正式な名前で入力してください。")
    districts = forms.several("校区", help="受け持つ校区です。中学校などは、ほかの区の校区も選べます。")
    version = HiddenField()


class OrganisationForm(InvitationForm):
    """The choices are the municipality's."""

    name = forms.text("団体名", help="正式な名前で入力してください（例 託麻原小学校）。")
    kind = forms.choice("団体区分")
    ward = forms.choice("区")
    districts = forms.several("校区", help="その団体が受け持つ校区です。ない団体は選ばなくてかまいません。")


class OperatorForm(forms.Form):
    name = forms.text("学校設置者の名前", help="例 熊本市、学校法人○○学園")
    version = HiddenField()

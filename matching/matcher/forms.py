"""The shape of what is typed about candidates."""

from wtforms import Field
from wtforms.validators import ValidationError

from matching.kernel import forms


class WhoForm(forms.Form):
    """この人は？ A name, a reading or a public code."""

    who = forms.text(
        "お名前",
        help="氏名、ふりがな、公開番号のどれでも探せます。一部だけでもかまいません。",
        autocomplete="off",
    )

    def validate_who(self, field: Field) -> None:
        if not field.data:  # blanks only
            raise ValidationError("お名前を入力してください。")

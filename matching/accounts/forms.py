"""The shape of what is typed about accounts."""

from matching.kernel import forms
from matching.kernel.permissions import Role


class EmailForm(forms.Form):
    email = forms.email()


class SignInForm(forms.Form):
    email = forms.email()
    password = forms.password()


class SignUpForm(forms.Form):
    name = forms.text("お名前", autocomplete="name")
    password = forms.password(
        "パスワード", new=True, help="10文字以上。長い文でもかまいません（例: いつもの道に犬がいる）。"
    )


class ResetForm(forms.Form):
    password = forms.password("新しいパスワード", new=True, help="10文字以上。長い文でもかまいません。")


class ScopeForm(forms.Form):
    """A coordinator's wards and measures; the choices are the municipality's."""

    wards = forms.several("受け持つ区", required=True)
    measures = forms.several("受け持つ取組", required=True)


class StaffForm(ScopeForm):
    email = forms.email()
    name = forms.text("お名前")
    role = forms.radio("役割", {role.value: role.label for role in (Role.COORDINATOR, Role.ADMIN)})

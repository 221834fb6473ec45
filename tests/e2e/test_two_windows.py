"""A registration open in two windows of one person: the second is shown both texts, and loses none."""

from matching.registry.models import RegistrationStatus
from tests.factories import make_account, make_registrant, make_registration

STEP = "/registry/register/"
TYPED = [
    ("person", "offering", {"public_name": "東のはな"}, {"public_name": "西のはな"}),
    ("offering", "availability", {"title": "ミシン"}, {"title": "手縫い"}),
    ("availability", "consents", {"monthly_limit": "3"}, {"monthly_limit": "5"}),
]


def test_the_second_window_is_shown_both(person, clients, app):
    account = make_account()
    make_registration(make_registrant(account), "lecturer", status=RegistrationStatus.DRAFT)
    one, other = (person().sign_in(clients(account)) for _ in range(2))
    for step, after, first, second in TYPED:
        one.open(STEP + step).fill(**first)
        other.open(STEP + step).fill(**second)
        one.press("次へ").page.wait_for_url(f"**{STEP}{after}")
        other.press("次へ").check(f"{step}-stale")
        assert other.sees("ほかの画面で先に書きかえられました")
        assert other.sees(*first.values())
        other.press("もう一度送る").page.wait_for_url(f"**{STEP}{after}")
    other.open(STEP + "consents")
    one.open(STEP + "consents").page.check('[value="lecturer:public_listing"]')
    one.press("次へ").page.wait_for_url(f"**{STEP}check")
    other.press("次へ").check("consents-stale")
    assert other.sees("今の内容")
    other.press("もう一度送る").page.wait_for_url(f"**{STEP}check")

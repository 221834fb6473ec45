"""Every answer carries the security headers; every route has decided who may use it."""

import pytest

from matching import web
from matching.kernel.access import action


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/static/css/base.css", "/requests", "/sign-in", "/indicators"]
)
def test_headers_on_every_kind_of_answer(clients, path):
    with clients().get(path) as response:
        headers = response.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_an_undecided_route_keeps_the_application_from_starting(app):
    class Rule:
        endpoint, arguments = "undecided", set()

    class Other:
        class url_map:
            iter_rules = staticmethod(lambda: [Rule()])

        view_functions = {"undecided": lambda: ""}  # noqa: RUF012

    with pytest.raises(RuntimeError, match="names no action"):
        web.check_access(Other())
    Other.view_functions["undecided"] = action("no.such.action")(lambda: "")
    with pytest.raises(RuntimeError, match="unknown action"):
        web.check_access(Other())

"""What a page with a form would send again if the button were pressed once more."""

from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.name = ""  # of the select or text area being read
        self.text: list[str] | None = None

    def handle_starttag(self, tag, attributes):
        told = {name: value or "" for name, value in attributes}
        if tag in ("select", "textarea"):
            self.name, self.text = told["name"], [] if tag == "textarea" else None
        elif tag == "option" and "selected" in told:
            self._send(self.name, told["value"])
        elif tag == "input" and (told.get("type") not in ("radio", "checkbox") or "checked" in told):
            self._send(told["name"], told.get("value", ""))

    def handle_data(self, data):
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._send(self.name, "".join(self.text or ()).removeprefix("\r\n").removeprefix("\n"))
            self.text = None

    def _send(self, name, value):
        self.sent.setdefault(name, []).append(value)


def sent_again(page: str) -> dict[str, list[str]]:
    """Field name → values, as the browser holds them when the page opens."""
    fields = _Fields()
    fields.feed(page)
    return fields.sent

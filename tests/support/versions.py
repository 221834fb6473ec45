"""The version a page was made from, and posting as the page itself would."""

import re

VERSION = re.compile(r'<input(?=[^>]* name="version")[^>]* value="([^"]*)"')


def version_on(page):
    """What the page's hidden field holds; None where it has none."""
    found = VERSION.search(page.get_data(as_text=True))
    return found and found[1]


def send_page(browser, path, data, page=None, **options):
    """Post to `path` with the version that `page` (the same address, where not said) holds now."""
    version = version_on(browser.get(page or path))
    return browser.post(path, data={"version": version or ""} | data, **options)

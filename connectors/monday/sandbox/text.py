"""Text: what is left of HTML without its marks."""

import html
import re

_BREAK = re.compile(r"<(?:br|/p|/li|/div|/h\d)\s*/?>", re.IGNORECASE)
_MARK = re.compile(r"<[^>]*>")


def plain(body: str) -> str:
    """Take the marks off."""
    return html.unescape(_MARK.sub("", _BREAK.sub("\n", body))).strip()

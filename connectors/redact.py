"""Redaction: what may be said of a request in an error, a log line or a manifest."""

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit

REDACTED = "[redacted]"
_MIN_SECRET_CHARS = 6

_NAMES = (
    "access_token|refresh_token|id_token|oauth_token|oauth_consumer_key|oauth_signature|token|key|api_key|apikey|secret|"
    "client_secret|code|code_verifier|password|signature|sig|x-amz-[a-z-]+|awsaccesskeyid|credential"
)
_PAIR = re.compile(rf"""(?i)(?<![\w-])((?:{_NAMES})["']?\s*[=:]\s*["']?)[^\s"'&,;)}}\]]+""")
_BEARER = re.compile(r"(?i)\b(bearer|basic|oauth)\s+(?!oauth_)[\w.~+/=-]{6,}")
_TRELLO_TOKEN = re.compile(r"\bATTA[\w=-]{8,}")
_LONG_HEX = re.compile(r"\b[0-9a-fA-F]{32,}\b")
_QUERY = re.compile(r"(https?://[^\s?#\"']+)[?#][^\s\"']*")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the text without credentials: those given, and whatever has the form of one.

    It rather takes too much: an id of 32 hex digits goes too, for a Trello key looks the same.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _MIN_SECRET_CHARS:
            for form in {secret, quote(secret, safe=""), quote_plus(secret)}:
                text = text.replace(form, REDACTED)
    text = _QUERY.sub(r"\1?" + REDACTED, text)
    text = _BEARER.sub(r"\1 " + REDACTED, text)
    text = _PAIR.sub(r"\g<1>" + REDACTED, text)
    text = _TRELLO_TOKEN.sub(REDACTED, text)
    return _LONG_HEX.sub(REDACTED, text)


def place(method: str, url: str) -> str:
    """Name a request: its method and path. Host and query stay out, and so does a token given in the path."""
    path = urlsplit(url).path or "/"
    path = _TRELLO_TOKEN.sub(REDACTED, _LONG_HEX.sub(REDACTED, path))
    return f"{method} {path}"

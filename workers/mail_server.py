"""Mail server: where mail is handed in, and whose address stands in it."""

from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in, and as whom."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    """From the first byte on; else it is begun by STARTTLS."""
    never_tls: bool = False

    @classmethod
    def of(cls, url: str, sender: str) -> Self:
        """Read `smtp_url`; ValueError says what is wrong with it."""
        parts = urlsplit(url)
        wanted = parse_qs(parts.query).get("tls", ["always"])
        if not parts.hostname or wanted not in (["always"], ["never"]):
            raise ValueError("names a host, and after it nothing but ?tls=always or ?tls=never")
        if not is_address(sender):
            raise ValueError("the sender is an e-mail address")
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls else 587),
            sender=sender,
            user=unquote(parts.username) if parts.username is not None else None,
            password=unquote(parts.password) if parts.password is not None else None,
            is_tls=is_tls,
            never_tls=not is_tls and wanted == ["never"],
        )


def is_address(text: str) -> bool:
    """Whether this is one plain e-mail address."""
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        return False
    plain = text.isascii() and text.isprintable() and not set(text) & set(' ",;<>()[]\\')
    return plain and len(text) <= _LONGEST_ADDRESS and bool(address.username) and bool(address.domain)

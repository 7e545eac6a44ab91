"""Mail: what happened, as one mail, and its way to the mail server."""

import hashlib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from store.accounts import Account
from store.events import Event
from workers.mail_server import MailServer
from workers.wording import details, headline

SUBJECT_CHARS = 150
NAMED = 50
"""How many events a mail tells of; of more it tells how many there are."""
_SECONDS = 30.0


class Unsent(Exception):  # noqa: N818 - says what happened
    """A mail was not taken. `lasting`: and will not be; says why, without the server's words, which may quote it."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


def compose(
    server: MailServer, to: str, account: Account, events: Sequence[Event], *, public_url: str | None
) -> EmailMessage:
    """Write one mail about some events, oldest first. The same events give the same Message-ID, however often."""
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = to
    message["Subject"] = _subject(account, events)
    message["Date"] = format_datetime(max(event.occurred_at for event in events))
    message["Message-ID"] = f"<{_digest(events)}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(_lines(account, events, public_url)))
    return message


def send(server: MailServer, message: EmailMessage) -> None:
    """Hand a mail in; blocks for up to half a minute a step. Unsent says what came of it, where it was not taken."""
    try:
        with _connected(server) as smtp:
            if server.user is not None and server.password is not None:
                smtp.login(server.user, server.password)
            smtp.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise Unsent("the mail server does not take the user name and password") from None
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise Unsent(f"the mail server refused the address ({code})", lasting=_is_lasting(code)) from None
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        raise Unsent(f"the mail server refused the mail ({code})", lasting=_is_lasting(code)) from None
    except smtplib.SMTPNotSupportedError:
        raise Unsent("the mail server offers no TLS, or no way to sign in") from None
    except ssl.SSLError:
        raise Unsent("the mail server's certificate does not hold") from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unsent(f"the mail server does not answer ({type(error).__name__})") from None


def _connected(server: MailServer) -> smtplib.SMTP:
    # Without a name of ours, smtplib would ask the resolver for one.
    name = socket.gethostname()
    if server.is_tls:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, local_hostname=name, timeout=_SECONDS, context=context)
    smtp = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=_SECONDS)
    if not server.never_tls:
        try:
            smtp.starttls(context=ssl.create_default_context())
        except Exception:
            smtp.close()
            raise
    return smtp


def _is_lasting(code: int) -> bool:
    return 500 <= code < 600  # noqa: PLR2004 - SMTP's own numbers


def _subject(account: Account, events: Sequence[Event]) -> str:
    told = headline(events[-1]) if len(events) == 1 else f"{len(events)} things to know"
    return f"Holdfast, {account.name}: {told}"[:SUBJECT_CHARS]


def _lines(account: Account, events: Sequence[Event], public_url: str | None) -> Iterator[str]:
    zone = ZoneInfo(account.time_zone)
    for event in events[:NAMED]:
        yield f"{_when(event.occurred_at, zone)}  {headline(event)}"
        for line in details(event):
            yield f"    {line}"
        yield ""
    if len(events) > NAMED:
        yield f"And {len(events) - NAMED} more: see the events of the account."
        yield ""
    yield f"Times are those of {account.time_zone}."
    if public_url is not None:
        yield public_url
    yield "You get this because somebody added this address with `holdfast alerts add` or over GraphQL."


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _digest(events: Sequence[Event]) -> str:
    ids = b"".join(sorted(event.event_id.bytes for event in events))
    return hashlib.sha256(ids).hexdigest()[:32]

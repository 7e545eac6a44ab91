"""Bootstrap: what the first run on a home makes: keys, schema, one account with its owner and a token."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.cli.exits import CommandError, Exit
from api.cli.home import TOKEN_FILE, Place
from store import accounts, members, tokens
from store.account_keys import create_account_keys
from store.accounts import Account
from store.backend import Backend
from store.errors import KeyMissing
from store.members import Role
from workers.runtime import Runtime, master_key_file, open_master_keys

OWNER_EMAIL = "owner@localhost.localdomain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrapped:
    """What a home holds, and whether it was just made."""

    account: Account
    token: str | None
    """The token in the home's file; None when somebody removed it."""
    is_new: bool


def prepare_keys(place: Place) -> None:
    """Make the home's master key on its first run; never when its database is there already and lost its key."""
    settings = place.settings
    if place.is_embedded and not master_key_file(settings).exists() and (settings.home / "objects").exists():
        configured = (settings.master_key, settings.master_key_file, settings.master_key_kms)
        if all(value is None for value in configured):
            raise KeyMissing(
                f"{master_key_file(settings)} is gone, and what lies beside it is sealed under it: put it back"
            )
    open_master_keys(settings, create=place.is_embedded)


async def bootstrap(runtime: Runtime) -> Bootstrapped:
    """Migrate, and make the first account where there is none. Idempotent."""
    await runtime.database.migrate()
    file = runtime.settings.home / TOKEN_FILE
    async with runtime.database.system() as connection:
        found = await accounts.every(connection)
    if found:
        return Bootstrapped(account=found[0], token=read_token(file), is_new=False)
    if await asyncio.to_thread(_holds_backups, runtime.backend):
        raise CommandError(
            f"{runtime.backend.url} holds backups, and this Postgres knows of none: make it again with "
            "`holdfast rebuild`, or start anew with another HOLDFAST_STORE_URL",
            Exit.CONFLICT,
        )
    account, token = await create_account(runtime, name="Home", time_zone=local_time_zone(), email=OWNER_EMAIL)
    write_private(file, token + "\n")
    return Bootstrapped(account=account, token=token, is_new=True)


async def create_account(runtime: Runtime, *, name: str, time_zone: str, email: str) -> tuple[Account, str]:
    """Make an account with keys, an owner, and a token of the owner's for everything; returns the token, once."""
    from api.auth import ALLOWED  # noqa: PLC0415 - brings GraphQL along, which no other command has to wait for

    async with runtime.database.system() as connection:
        account = await accounts.create(connection, name=name, time_zone=time_zone)
        await create_account_keys(connection, runtime.backend, runtime.masters, account.account_id)
        owner = await members.create(
            connection, account_id=account.account_id, email=email, name="Owner", role=Role.OWNER
        )
        token, _ = await tokens.issue_token(
            connection,
            account_id=account.account_id,
            member_id=owner.member_id,
            name="first token",
            scopes=ALLOWED[Role.OWNER],
        )
    return account, token


def _holds_backups(backend: Backend) -> bool:
    """Whether somebody backed up into this bucket before; keys alone may be what a first run left that was killed."""
    return next(iter(backend.list("manifests/")), None) is not None


def local_time_zone() -> str:
    """The machine's IANA time zone, where it can be told; else UTC."""
    link = Path("/etc/localtime")
    candidates = [os.environ.get("TZ", "")]
    if link.is_symlink():
        candidates.append(str(link.readlink()).rpartition("zoneinfo/")[2])
    for candidate in candidates:
        try:
            if candidate:
                return ZoneInfo(candidate).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return "UTC"


def read_token(file: Path) -> str | None:
    """Read the token of the home's owner."""
    return file.read_text().strip() if file.exists() else None


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whatever the umask."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text)

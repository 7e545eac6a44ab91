"""Acting: writes to Redmine, in the name of whoever it was where the key is an administrator's.

`X-Redmine-Switch-User` takes a login, and only of an account that is active; what that person may not do is done in the
administrator's own name. Redmine lets whoever writes to an issue watch it from then on: those who did not before are
taken off again.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.call import Call, Upload
from connectors.errors import BadReply, Forbidden, Gone, Rejected
from connectors.redmine.client import RedmineClient
from connectors.writing import FileContent

_ACTIVE = 1


@dataclass(slots=True)
class Actors:
    """Who writes, for one grant. Logins are asked for once."""

    client: RedmineClient
    _me: Mapping[str, Any] | None = None
    _logins: dict[int, str | None] = field(default_factory=dict)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def me(self) -> Mapping[str, Any]:
        """Say whose grant it is."""
        if self._me is None:
            self._me = await self.client.get("/users/current.json", "user")
        return self._me

    async def login_of(self, person: Any) -> str | None:
        """Return the login to write in the name of a person by; None to write in one's own."""
        number = person.get("id") if isinstance(person, dict) else None
        me = await self.me()
        if not isinstance(number, int) or me.get("admin") is not True or number == me.get("id"):
            return None
        async with self._asking:
            if number not in self._logins:
                self._logins[number] = await self._ask_for_login(number)
        return self._logins[number]

    async def _ask_for_login(self, number: int) -> str | None:
        try:
            found = await self.client.get(f"/users/{number}.json", "user")
        except (BadReply, Forbidden, Gone):
            return None
        login = found.get("login")
        is_usable = isinstance(login, str) and login.isascii() and login.isprintable()
        return login if is_usable and found.get("status", _ACTIVE) == _ACTIVE else None

    async def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, login: str | None = None
    ) -> dict[str, Any]:
        """Write in the name of a person, or in one's own; returns what the app says, `{}` where that is nothing.

        A creation is sent once: where its answer is lost, Retriable says that it may have been carried out.
        """
        call = Call(
            url=f"{self.client.url}{path}",
            method=method,
            headers=self.client.headers(login),
            json=None if body is None else dict(body),
        )
        reply = (await self.client.http.request(call, pacer=self.client.pacer)).check()
        found = reply.json() if reply.body.strip() else {}
        return found if isinstance(found, dict) else {}

    async def send_as(
        self, person: Any, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], bool]:
        """Write in the name of a person if that person may, else in one's own; and say whether it was theirs."""
        login = await self.login_of(person)
        if login is not None:
            try:
                return await self.send(method, path, body, login=login), True
            except (Rejected, Forbidden, Gone):
                # The account is locked, or may not do this any more: what they may not do, an administrator may.
                pass
        return await self.send(method, path, body), False

    async def upload(self, file: FileContent, name: str, person: Any) -> Mapping[str, Any]:
        """Send a file's bytes; returns the upload's id and token. What is attached to nothing, Redmine drops."""
        login = await self.login_of(person)
        try:
            return await self._upload(file, name, login)
        except Forbidden:
            if login is None:
                raise
            return await self._upload(file, name, None)

    async def _upload(self, file: FileContent, name: str, login: str | None) -> Mapping[str, Any]:
        call = Call(
            url=f"{self.client.url}/uploads.json",
            method="POST",
            params={"filename": name},
            headers={**self.client.headers(login), "content-type": "application/octet-stream"},
            upload=Upload(name=name, media_type=None, size_bytes=file.size_bytes, open=file.open, part=None),
            idempotent=True,
        )
        found = (await self.client.http.request(call, pacer=self.client.pacer)).check().json()
        upload = found.get("upload") if isinstance(found, dict) else None
        if not isinstance(upload, dict) or not isinstance(upload.get("token"), str):
            raise BadReply("POST /uploads.json answered without a token")
        return upload

    @asynccontextmanager
    async def unwatched(self, numbers: Collection[int]) -> AsyncIterator[None]:
        """Let nobody come to watch these issues by what is written meanwhile."""
        before = {number: await self._watchers(number) for number in numbers}
        try:
            yield
        except BadReply:
            # Refused in part, perhaps.
            await self._take_off(before)
            raise
        await self._take_off(before)

    async def _take_off(self, before: Mapping[int, frozenset[int]]) -> None:
        for number, watched in before.items():
            for person in await self._watchers(number) - watched:
                await self.send("DELETE", f"/issues/{number}/watchers/{person}.json")

    async def _watchers(self, number: int) -> frozenset[int]:
        try:
            found = await self.client.get(f"/issues/{number}.json", "issue", include="watchers")
        except Gone:
            return frozenset()
        people = found.get("watchers")
        return frozenset(
            person["id"]
            for person in (people if isinstance(people, list) else ())
            if isinstance(person, dict) and isinstance(person.get("id"), int)
        )

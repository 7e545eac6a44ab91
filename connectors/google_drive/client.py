"""Client: Drive's requests, as one person's grant may make them. Content is in `upload`, cells are in `sheets`."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Protocol

from connectors.call import Call, Reply
from connectors.errors import BadReply
from connectors.google_drive.errors import Exists, is_rate_limit, problem
from connectors.google_drive.file import FIELDS, FOLDER, Change, DriveFile, read_changes, read_file, read_files
from connectors.google_drive.settings import DriveSettings
from connectors.http import Http
from connectors.pacing import Pace, Pacer, Sleep

PAGE = 1000
"""The most that a listing or a page of changes gives."""
MOST_IDS = 1000
_ATTEMPTS = 7
"""With waits of 1, 2, 4 … 32 seconds between them: about a minute, the window of Google's rates."""
_MOST_WAIT_SECONDS = 64.0


class Tokens(Protocol):
    """Gives access tokens of one grant."""

    async def current(self) -> str:
        """Return the token to send. Raises Unauthorised where the person has to connect again."""
        ...

    async def renewed(self, refused: str) -> str:
        """Return another token than this one, which Google did not take. Safe in many tasks at once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much the Drive holds, in bytes; no limit: None."""

    limit_bytes: int | None
    used_bytes: int

    @property
    def free_bytes(self) -> int | None:
        """What is left; None without a limit."""
        return None if self.limit_bytes is None else max(0, self.limit_bytes - self.used_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose Drive it is, and its room."""

    subject: str
    """Google's id of the person."""
    email: str = field(repr=False)
    name: str = field(repr=False)
    room: Room


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveClient:
    """One person's Drive. Raises ConnectorErrors only. `owner` names whose budgets the requests are counted in."""

    http: Http = field(repr=False)
    settings: DriveSettings
    tokens: Tokens = field(repr=False)
    owner: str
    sleep: Sleep = field(default=asyncio.sleep, repr=False)

    async def about(self) -> About:
        """Ask whose Drive it is and how full. One request."""
        fields = "user(permissionId,emailAddress,displayName),storageQuota(limit,usage)"
        reply = await self.read("/drive/v3/about", fields=fields)
        try:
            value = reply.json()
            user, quota = value["user"], value["storageQuota"]
            limit = quota.get("limit")
            return About(
                subject=str(user["permissionId"]),
                email=str(user.get("emailAddress", "")),
                name=str(user.get("displayName", "")),
                room=Room(limit_bytes=None if limit is None else int(limit), used_bytes=int(quota.get("usage", 0))),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise BadReply(f"{reply.place} answered with something that is not what Drive's contract says") from None

    async def new_ids(self, how_many: int) -> list[str]:
        """Ask for ids, at most a thousand, under which a create can be repeated without a duplicate."""
        assert 1 <= how_many <= MOST_IDS, "Drive gives at most a thousand ids at once"
        reply = await self.read("/drive/v3/files/generateIds", count=str(how_many), space="drive", type="files")
        value = reply.json()
        ids = value.get("ids") if isinstance(value, dict) else None
        if not isinstance(ids, list) or len(ids) != how_many or not all(isinstance(each, str) for each in ids):
            raise BadReply(f"{reply.place} answered without the ids that were asked for")
        return ids

    async def get(self, file_id: str) -> DriveFile:
        """Read one file's metadata. Gone where it was deleted, or is out of reach."""
        reply = await self.read(f"/drive/v3/files/{file_id}", fields=FIELDS, supportsAllDrives="true")
        return read_file(reply.place, reply.json())

    async def find(self, query: str) -> list[DriveFile]:
        """List the files that a `q` finds, whatever their number."""
        return [each async for page in self.pages(query) for each in page]

    async def pages(self, query: str | None = None) -> AsyncIterator[list[DriveFile]]:
        """List page by page; without a query everything that Holdfast has made in this Drive, the bin included."""
        asked = {
            "pageSize": str(PAGE),
            "spaces": "drive",
            "fields": f"nextPageToken,incompleteSearch,files({FIELDS})",
            "supportsAllDrives": "true",
            "includeItemsFromAllDrives": "true",
            **({"q": query} if query else {}),
        }
        token: str | None = None
        while True:
            reply = await self.read("/drive/v3/files", **asked, **({"pageToken": token} if token else {}))
            value = _object(reply)
            if value.get("incompleteSearch"):
                raise BadReply(f"{reply.place} says that it did not look everywhere")
            yield read_files(reply.place, value.get("files", []))
            token = value.get("nextPageToken")
            if not token:
                return

    async def change_token(self) -> str:
        """Return where the changes feed stands now."""
        reply = await self.read("/drive/v3/changes/startPageToken", supportsAllDrives="true")
        token = _object(reply).get("startPageToken")
        if not isinstance(token, str):
            raise BadReply(f"{reply.place} answered without a token")
        return token

    async def changes(self, token: str) -> tuple[list[Change], str]:
        """Read all changes since a token, and return where the feed stands then.

        A token that Google does not take any more raises BadReply or Gone: list everything instead.
        """
        found: list[Change] = []
        fields = f"nextPageToken,newStartPageToken,changes(fileId,removed,file({FIELDS}))"
        while True:
            reply = await self.read(
                "/drive/v3/changes",
                pageToken=token,
                pageSize=str(PAGE),
                spaces="drive",
                includeRemoved="true",
                supportsAllDrives="true",
                includeItemsFromAllDrives="true",
                fields=fields,
            )
            value = _object(reply)
            found += read_changes(reply.place, value.get("changes", []))
            following, newest = value.get("nextPageToken"), value.get("newStartPageToken")
            if isinstance(newest, str):
                return found, newest
            if not isinstance(following, str):
                raise BadReply(f"{reply.place} answered without a token to go on with")
            token = following

    async def create(self, metadata: Mapping[str, Any], *, repeatable: bool) -> DriveFile:
        """Make a folder, or an empty file of a Google type.

        With an id of our own the request is repeated where its reply is lost; what it then finds made already is
        returned. Without one it is sent once, and a lost reply raises Retriable.
        """
        try:
            return await self.write("POST", "/drive/v3/files", metadata, repeatable=repeatable)
        except Exists:
            if not repeatable:
                raise
            return await self.get(str(metadata["id"]))

    async def change(
        self, file_id: str, metadata: Mapping[str, Any], *, add: str | None = None, remove: str | None = None
    ) -> DriveFile:
        """Rename, move (out of `remove` into `add`), trash, restore or re-label a file. Idempotent."""
        parents = {"addParents": add, "removeParents": remove}
        params = {name: value for name, value in parents.items() if value is not None}
        return await self.write("PATCH", f"/drive/v3/files/{file_id}", metadata, repeatable=True, **params)

    async def folder(
        self, *, file_id: str, name: str, parent_id: str | None, properties: Mapping[str, str]
    ) -> DriveFile:
        """Make a folder, in My Drive itself where no parent is given."""
        metadata: dict[str, Any] = {"id": file_id, "name": name, "mimeType": FOLDER, "appProperties": dict(properties)}
        if parent_id is not None:
            metadata["parents"] = [parent_id]
        return await self.create(metadata, repeatable=True)

    async def write(
        self, method: str, path: str, metadata: Mapping[str, Any], *, repeatable: bool, **params: str
    ) -> DriveFile:
        """Send metadata and read the file that it makes or changes."""
        call = Call(
            method=method,
            url=self.settings.api_url + path,
            params={"fields": FIELDS, "supportsAllDrives": "true", **params},
            json=dict(metadata),
            idempotent=repeatable,
        )
        reply = await self.send(call, self._pacer("writes", self.settings.paces.writes))
        return read_file(reply.place, reply.json())

    async def read(self, path: str, **params: str) -> Reply:
        """Ask for something; the reply is a success."""
        call = Call(url=self.settings.api_url + path, params=params)
        return await self.send(call, self._pacer("reads", self.settings.paces.reads))

    async def read_sheet(self, path: str, **params: str) -> Reply:
        """Ask the Sheets API."""
        call = Call(url=self.settings.sheets_url + path, params=params)
        return await self.send(call, self._pacer("sheet reads", self.settings.paces.sheet_reads))

    async def write_sheet(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Change something through the Sheets API. Sent once: what it does is not the same when done twice."""
        call = Call(method="POST", url=self.settings.sheets_url + path, json=dict(body), idempotent=False)
        return await self.send(call, self._pacer("sheet writes", self.settings.paces.sheet_writes))

    async def send(self, call: Call, pacer: Pacer | None = None) -> Reply:
        """Send a call with a token; the reply is a success or a 308. Raises what `errors.problem` says otherwise.

        A token that Google does not take is renewed once. Rate limits are waited out, doubling, for about a minute.
        """
        pacer = pacer or self._pacer("writes", self.settings.paces.writes)
        token = await self.tokens.current()
        renewed = False
        for attempt in count(1):
            headers = {**call.headers, "authorization": f"Bearer {token}"}
            reply = await self.http.request(replace(call, headers=headers), pacer=pacer)
            if reply.status == 401 and not renewed:  # noqa: PLR2004 - HTTP's own number
                token, renewed = await self.tokens.renewed(token), True
                continue
            if is_rate_limit(reply) and attempt < _ATTEMPTS:
                await self.sleep(_wait_seconds(attempt))
                continue
            error = problem(reply)
            if error is not None:
                raise error
            return reply
        raise AssertionError  # count never ends

    def _pacer(self, name: str, pace: Pace) -> Pacer:
        return self.http.pacer(f"google drive {name} {self.owner}", pace)


def quoted(text: str) -> str:
    """Write a value for `q`."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _object(reply: Reply) -> dict[str, Any]:
    value = reply.json()
    if not isinstance(value, dict):
        raise BadReply(f"{reply.place} answered with something that is not an object")
    return value


def _wait_seconds(attempt: int) -> float:
    """1, 2, 4 … seconds and up to one more, as Google asks. Jitter spreads clients apart; it is no secret."""
    return min(2.0 ** (attempt - 1) + random.random(), _MOST_WAIT_SECONDS)  # noqa: S311

"""Write issue: issues, and what hangs below them: notes, attachments, time, relations, watchers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.errors import BadReply, Refused
from connectors.redmine import kinds, split
from connectors.redmine.acting import Actors
from connectors.redmine.bodies import (
    again,
    bare_issue,
    field_of,
    id_of,
    issue_body,
    issue_of,
    made_of,
    place_of,
    record_of,
    time_body,
    to_change,
)
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import made, number_in, title_in
from connectors.redmine.writing import WRITING
from connectors.writing import Change, Creation, Made
from store.record import ExternalId, JsonObject, Kind

_NEEDED = frozenset({"project_id", "tracker_id", "priority_id", "subject", "description", "parent_issue_id"})
"""What an issue is made with where the rest of it is refused."""


class IssueWriter:
    """Writes these to one server with one grant."""

    def __init__(self, client: RedmineClient, actors: Actors) -> None:
        self._client = client
        self._actors = actors

    async def make_issue(self, creation: Creation) -> Made:
        """Make an issue in its author's name."""
        content = creation.content
        workspace_id, number = place_of(creation)
        body = {"project_id": number, **issue_body(content)}
        above, author = id_of(content.get("parent")), content.get("author")
        async with self._actors.unwatched([above] if above else []):
            try:
                answer, _ = await self._actors.send_as(author, "POST", "/issues.json", {"issue": body})
            except BadReply:
                # Some field is refused: an account that is locked takes no issues. It is made without what is
                # written behind it, and the refusal is of that.
                bare = {name: part for name, part in body.items() if name in _NEEDED}
                answer, _ = await self._actors.send_as(author, "POST", "/issues.json", {"issue": bare})
        value = answer.get("issue") or {}
        return made_of(workspace_id, kinds.ISSUE, made(value), bare_issue(value))

    async def change_issue(self, change: Change) -> Made:
        """Change what is not as it is to be."""
        number = number_in(change.external_id)
        value = await self._client.get(f"/issues/{number}.json", "issue")
        rules = WRITING.by_kind[kinds.ISSUE]
        there = rules.view(record_of(change.workspace_id, kinds.ISSUE, change.external_id, value))
        wrong = {name for name in change.fields if there.get(name) != change.content.get(name)}
        if wrong:
            body = {name: part for name, part in issue_body(change.content).items() if field_of(name) in wrong}
            touched = {number, id_of(value.get("parent")), id_of(change.content.get("parent"))} - {None}
            async with self._actors.unwatched([found for found in touched if found is not None]):
                await self._set(f"/issues/{number}.json", body)
            value = await self._client.get(f"/issues/{number}.json", "issue")
        return made_of(change.workspace_id, kinds.ISSUE, change.external_id, value)

    async def _set(self, path: str, body: Mapping[str, Any]) -> None:
        """Set fields of an issue: all at once, or else each that is taken. Raises BadReply naming the others."""
        try:
            await self._actors.send("PUT", path, {"issue": body})
        except BadReply:
            refused = []
            for name, part in body.items():
                try:
                    await self._actors.send("PUT", path, {"issue": {name: part}})
                except BadReply as error:
                    refused.append(f"{field_of(name)}: {error}")
            if refused:
                raise BadReply("; ".join(refused)) from None

    async def note(self, creation: Creation) -> Made:
        """Write a note in its author's name; a private one in the owner's: an author's might come out public."""
        workspace_id, _ = place_of(creation)
        number, content = issue_of(creation), creation.content
        is_private = content.get("private_notes") is True
        body: JsonObject = {"notes": content.get("notes"), **({"private_notes": True} if is_private else {})}
        async with self._actors.unwatched([number]):
            author = None if is_private else content.get("user")
            await self._actors.send_as(author, "PUT", f"/issues/{number}.json", {"issue": body})
        value = await self._client.get(f"/issues/{number}.json", "issue", include="journals")
        entries = [entry for entry in value.get("journals") or () if isinstance(entry, dict) and entry.get("notes")]
        if not entries:
            raise BadReply("the note that was written is not there")
        newest = max(entries, key=lambda entry: entry["id"])
        return made_of(workspace_id, kinds.NOTE, made(newest), newest)

    async def change_note(self, change: Change) -> Made:
        """Change a note."""
        body = {name: change.content.get(name) for name in ("notes", "private_notes") if name in change.fields}
        await self._actors.send("PUT", f"/journals/{number_in(change.external_id)}.json", {"journal": body})
        return made_of(change.workspace_id, kinds.NOTE, change.external_id, change.content)

    async def attach(self, creation: Creation) -> Made:
        """Send a file and attach it to what it belongs to."""
        workspace_id, project = place_of(creation)
        content, parent = creation.content, creation.parent
        if creation.file is None or parent is None:
            raise Refused("the bytes of the attachment are not held, or what it was attached to is not there")
        name = str(content.get("filename") or creation.file.name)
        author = content.get("author")
        uploaded = await self._actors.upload(creation.file, name, author)
        upload = {
            "token": uploaded["token"],
            "filename": name,
            "content_type": content.get("content_type"),
            "description": content.get("description"),
        }
        await self._attach_to(parent.kind, parent.external_id, project, upload, author)
        value = await self._client.get(f"/attachments/{uploaded['id']}.json", "attachment")
        return made_of(workspace_id, kinds.ATTACHMENT, made(value), value)

    async def _attach_to(
        self, kind: Kind, external_id: ExternalId, project: int, upload: Mapping[str, Any], author: Any
    ) -> None:
        match kind:
            case kinds.ISSUE:
                number = number_in(external_id)
                async with self._actors.unwatched([number]):
                    body = {"issue": {"uploads": [upload]}}
                    await self._actors.send_as(author, "PUT", f"/issues/{number}.json", body)
            case kinds.WIKI_PAGE:
                path = f"/projects/{project}/wiki/{quote(title_in(external_id), safe='')}.json"
                page = await self._client.get(path, "wiki_page")
                changed = {"text": page.get("text"), "uploads": [upload]}
                await self._actors.send("PUT", path, {"wiki_page": changed})
            case kinds.NEWS:
                number = number_in(external_id)
                await self._actors.send("PUT", f"/news/{number}.json", {"news": {"uploads": [upload]}})
            case kinds.VERSION:
                version = {"version_id": number_in(external_id)}
                await self._actors.send("POST", f"/projects/{project}/files.json", {"file": {**upload, **version}})
            case kinds.PROJECT:
                await self._actors.send("POST", f"/projects/{project}/files.json", {"file": upload})
            case _:
                raise Refused(f"nothing is attached to a {kind} by any request")

    async def change_attachment(self, change: Change) -> Made:
        """Rename an attachment, or describe it otherwise."""
        path = f"/attachments/{number_in(change.external_id)}.json"
        await self._actors.send("PATCH", path, {"attachment": dict(change.fields)})
        return await again(self._client, change, path, "attachment")

    async def log_time(self, creation: Creation) -> Made:
        """Log time in the name of who spent it."""
        workspace_id, number = place_of(creation)
        body = time_body(creation.content)
        if not body.get("issue_id"):
            body["project_id"] = number
        answer = await self._actors.send("POST", "/time_entries.json", {"time_entry": body})
        value = answer.get("time_entry") or {}
        return made_of(workspace_id, kinds.TIME_ENTRY, made(value), value)

    async def change_time(self, change: Change) -> Made:
        """Change a time entry."""
        path = f"/time_entries/{number_in(change.external_id)}.json"
        await self._actors.send("PUT", path, {"time_entry": to_change(time_body(change.content), change)})
        return await again(self._client, change, path, "time_entry")

    async def relate(self, creation: Creation) -> Made:
        """Relate two issues."""
        workspace_id, _ = place_of(creation)
        content = creation.content
        start, end = content.get("issue_id"), content.get("issue_to_id")
        body = {"issue_to_id": end, "relation_type": content.get("relation_type"), "delay": content.get("delay")}
        async with self._actors.unwatched([number for number in (start, end) if isinstance(number, int)]):
            answer = await self._actors.send("POST", f"/issues/{start}/relations.json", {"relation": body})
        value = answer.get("relation") or {}
        return made_of(workspace_id, kinds.RELATION, split.relation_id(value), value)

    async def watch(self, creation: Creation) -> Made:
        """Let a person watch an issue."""
        workspace_id, _ = place_of(creation)
        number, person = issue_of(creation), creation.content.get("id")
        await self._actors.send("POST", f"/issues/{number}/watchers.json", {"user_id": person})
        value = await self._client.get(f"/issues/{number}.json", "issue", include="watchers")
        watching = [found for found in value.get("watchers") or () if id_of(found) == person]
        if not watching:
            raise BadReply("the app lets this person not watch the issue: the account is locked, or may not see it")
        external_id = ExternalId(f"{made(value)}/{person}")
        return made_of(workspace_id, kinds.WATCHER, external_id, watching[0])

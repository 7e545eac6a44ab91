"""Write issue: issues, and what hangs below them: notes, attachments, time, relations, watchers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from connectors.errors import BadReply, Refused, Rejected
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
from connectors.redmine.standing import INSTEAD, REFUSED
from connectors.redmine.writing import WRITING
from connectors.writing import Change, Creation, Made
from store.record import ExternalId, JsonObject, Kind

_NEEDED = frozenset({"project_id", "tracker_id", "priority_id", "subject", "description", "parent_issue_id"})
"""What an issue is made with where the rest of it is refused."""
_OF_PEOPLE = frozenset({"assigned_to_id", "custom_fields"})
"""What may name people, who may have left."""


class IssueWriter:
    """Writes these to one server with one grant."""

    def __init__(self, client: RedmineClient, actors: Actors) -> None:
        self._client = client
        self._actors = actors

    async def make_issue(self, creation: Creation) -> Made:
        """Make an issue in its author's name, unassigned where whom it was assigned to is refused."""
        content = creation.content
        workspace_id, number = place_of(creation)
        body = {"project_id": number, **issue_body(content)}
        above, author = id_of(content.get("parent")), content.get("author")
        async with self._actors.unwatched([above] if above else []):
            value, lost = await self._made_of(author, body)
            if id_of(value.get("assigned_to")) not in {None, body["assigned_to_id"]}:
                # Its category assigns what is assigned to nobody.
                await self._actors.send("PUT", f"/issues/{value['id']}.json", {"issue": {"assigned_to_id": ""}})
                value = await self._client.get(f"/issues/{value['id']}.json", "issue")
        return replace(made_of(workspace_id, kinds.ISSUE, made(value), bare_issue(value)), lost=lost)

    async def _made_of(self, author: Any, body: JsonObject) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Make an issue of as much of this as the server takes; what it answers, and what is lost by that.

        A refusal is in the server's language, so that what is refused is found by leaving it out. What is left out
        beside the assignee is written, or refused by name, in the step behind.
        """
        last: Rejected | None = None
        for left_out in _left_out(body):
            less = {name: part for name, part in body.items() if name not in left_out}
            try:
                answer, _ = await self._actors.send_as(author, "POST", "/issues.json", {"issue": less})
            except Rejected as error:
                last = error
            else:
                lost = {"assigned_to": REFUSED} if left_out == {"assigned_to_id"} else {}
                return answer.get("issue") or {}, lost
        assert last is not None, "something was tried"
        raise last

    async def change_issue(self, change: Change) -> Made:
        """Change what is not as it is to be."""
        number = number_in(change.external_id)
        value = await self._client.get(f"/issues/{number}.json", "issue")
        rules = WRITING.by_kind[kinds.ISSUE]
        there = rules.view(record_of(change.workspace_id, kinds.ISSUE, change.external_id, value))
        wrong = {name for name in change.fields if there.get(name) != change.content.get(name)}
        lost: Mapping[str, str] = {}
        if wrong:
            body = {name: part for name, part in issue_body(change.content).items() if field_of(name) in wrong}
            touched = {number, id_of(value.get("parent")), id_of(change.content.get("parent"))} - {None}
            async with self._actors.unwatched([found for found in touched if found is not None]):
                lost = await self._set(f"/issues/{number}.json", body)
            value = await self._client.get(f"/issues/{number}.json", "issue")
        return replace(made_of(change.workspace_id, kinds.ISSUE, change.external_id, value), lost=lost)

    async def _set(self, path: str, body: Mapping[str, Any]) -> Mapping[str, str]:
        """Set fields of an issue: all at once, or else each that is taken.

        Returns what is lost of what may name people, who may have left; raises BadReply naming the others.
        """
        try:
            await self._actors.send("PUT", path, {"issue": body})
        except Rejected:
            lost: dict[str, str] = {}
            refused: list[str] = []
            for name, part in body.items():
                try:
                    await self._actors.send("PUT", path, {"issue": {name: part}})
                except Rejected as error:
                    if name == "assigned_to_id":
                        lost["assigned_to"] = REFUSED
                    elif name == "custom_fields":
                        lost |= await self._set_fields(path, part)
                    else:
                        refused.append(f"{field_of(name)}: {error}")
            if refused:
                raise BadReply("; ".join(refused)) from None
            return lost
        return {}

    async def _set_fields(self, path: str, values: Sequence[JsonObject]) -> Mapping[str, str]:
        """Set custom fields one by one; returns what is lost by that."""
        refused: list[str] = []
        for value in values:
            try:
                await self._actors.send("PUT", path, {"issue": {"custom_fields": [value]}})
            except Rejected:
                refused.append(str(value["id"]))
        return {"custom_fields": f"the app refused the value of {', '.join(refused)}"} if refused else {}

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
        """Log time for who spent it; for the owner of the key where that is refused."""
        workspace_id, number = place_of(creation)
        body = time_body(creation.content)
        if not body.get("issue_id"):
            body["project_id"] = number
        answer, lost = await self._log("POST", "/time_entries.json", body)
        value = answer.get("time_entry") or {}
        return replace(made_of(workspace_id, kinds.TIME_ENTRY, made(value), value), lost=lost)

    async def change_time(self, change: Change) -> Made:
        """Change a time entry."""
        path = f"/time_entries/{number_in(change.external_id)}.json"
        _, lost = await self._log("PUT", path, to_change(time_body(change.content), change))
        return replace(await again(self._client, change, path, "time_entry"), lost=lost)

    async def _log(self, method: str, path: str, body: JsonObject) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Write a time entry, without whose it is where that is refused; what is answered, and what is lost by that."""
        if body.get("user_id"):
            try:
                return await self._actors.send(method, path, {"time_entry": body}), {}
            except Rejected:
                lost = {"user": REFUSED + INSTEAD}
        else:
            lost = {}
        others = {name: part for name, part in body.items() if name != "user_id"}
        return await self._actors.send(method, path, {"time_entry": others}), lost

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


def _left_out(body: Mapping[str, Any]) -> Iterable[frozenset[str]]:
    """Say what of an issue to leave out, one refusal after the other. Some custom fields have to have a value."""
    given = frozenset(name for name, part in body.items() if part)
    rest = frozenset(body) - _NEEDED
    none: frozenset[str] = frozenset()
    return dict.fromkeys([none, given & {"assigned_to_id"}, given & _OF_PEOPLE, rest - {"custom_fields"}, rest])

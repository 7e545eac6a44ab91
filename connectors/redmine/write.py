"""Write: one record at a time made or changed in Redmine, each as its kind is."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from connectors.errors import BadReply, Gone, Refused
from connectors.redmine import kinds, split
from connectors.redmine.acting import Actors
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import Unfit, made, number_in, numbered, title_in, titled
from connectors.redmine.listing import INCLUDED
from connectors.redmine.writing import WRITING
from connectors.writing import Change, Creation, Made
from store.record import ExternalId, JsonObject, Kind, Record, WorkspaceId

_SPARE_NAMES = 20
"""How many identifiers are tried for a project, and titles for a page, where the first is taken."""
_NEEDED = frozenset({"project_id", "tracker_id", "priority_id", "subject", "description", "parent_issue_id"})
"""What an issue is made with where the rest of it is refused."""
_WITH = "journals,watchers,attachments,relations"


class RedmineWriter:
    """Writes to one server with one grant."""

    def __init__(self, client: RedmineClient) -> None:
        self._client = client
        self._actors = Actors(client)
        self._create: Mapping[Kind, Callable[[Creation], Awaitable[Made]]] = {
            kinds.PROJECT: self._make_project,
            kinds.MEMBERSHIP: self._make_membership,
            kinds.VERSION: self._make_version,
            kinds.CATEGORY: self._make_category,
            kinds.WIKI_PAGE: self._make_page,
            kinds.WIKI_VERSION: self._make_page_version,
            kinds.NEWS: self._make_news,
            kinds.ISSUE: self._make_issue,
            kinds.ATTACHMENT: self._attach,
            kinds.NOTE: self._note,
            kinds.TIME_ENTRY: self._log_time,
            kinds.RELATION: self._relate,
            kinds.WATCHER: self._watch,
        }
        self._update: Mapping[Kind, Callable[[Change], Awaitable[Made]]] = {
            kinds.PROJECT: self._change_project,
            kinds.MEMBERSHIP: self._change_membership,
            kinds.VERSION: self._change_version,
            kinds.CATEGORY: self._change_category,
            kinds.WIKI_PAGE: self._change_page,
            kinds.NEWS: self._change_news,
            kinds.ISSUE: self._change_issue,
            kinds.ATTACHMENT: self._change_attachment,
            kinds.NOTE: self._change_note,
            kinds.TIME_ENTRY: self._change_time,
        }

    async def create(self, creation: Creation) -> Made:
        """Make one record."""
        try:
            return await self._create[creation.kind](creation)
        except Unfit as error:
            raise BadReply(f"what was made of kind {creation.kind} cannot be understood: {error}") from None

    async def update(self, change: Change) -> Made:
        """Change one record."""
        try:
            return await self._update[change.kind](change)
        except Unfit as error:
            raise BadReply(f"what was changed of kind {change.kind} cannot be understood: {error}") from None

    async def discard(self, workspace_id: WorkspaceId) -> None:
        """Delete a project that a drill made, and no later one of its number."""
        number = number_in(workspace_id)
        try:
            found = await self._client.get(f"/projects/{number}.json", "project")
            if WorkspaceId(made(found)) == workspace_id:
                await self._actors.send("DELETE", f"/projects/{number}.json")
        except Gone:
            return

    # Projects and what is set up in them.

    async def _make_project(self, creation: Creation) -> Made:
        content = creation.content
        body = {**_project_body(content), "parent_id": _id(content.get("parent"))}
        wanted = str(content.get("identifier") or "project")[:90]
        for attempt in range(1, _SPARE_NAMES + 1):
            body["identifier"] = wanted if attempt == 1 else f"{wanted}-{attempt}"
            try:
                answer = await self._actors.send("POST", "/projects.json", {"project": body})
            except BadReply as error:
                if attempt == _SPARE_NAMES or "dentifier" not in str(error):
                    raise
                continue
            return await self._project(made(answer.get("project") or {}))
        raise AssertionError  # the last attempt returns or raises

    async def _change_project(self, change: Change) -> Made:
        number = number_in(change.external_id)
        content, fields = change.content, change.fields
        if change.unarchive:
            await self._actors.send("PUT", f"/projects/{number}/reopen.json")
        body = {name: part for name, part in _project_body(content).items() if _field_of(name) in fields}
        if "parent" in fields:
            body["parent_id"] = _id(content.get("parent")) or ""
        if "default_version" in fields:
            body["default_version_id"] = _id(content.get("default_version")) or ""
        if "default_assignee" in fields:
            body["default_assigned_to_id"] = _id(content.get("default_assignee")) or ""
        if body:
            await self._actors.send("PUT", f"/projects/{number}.json", {"project": body})
        if "closed" in fields:
            verb = "close" if fields["closed"] else "reopen"
            await self._actors.send("PUT", f"/projects/{number}/{verb}.json")
        return await self._project(change.external_id)

    async def _project(self, external_id: ExternalId) -> Made:
        value = await self._client.get(f"/projects/{number_in(external_id)}.json", "project", include=INCLUDED)
        return _made(WorkspaceId(made(value)), kinds.PROJECT, made(value), value)

    async def _make_membership(self, creation: Creation) -> Made:
        """Make it, or give the roles to one that came with a group or from the project above."""
        workspace_id, number = _place(creation)
        principal = creation.content.get("user") or creation.content.get("group")
        roles = _role_ids(creation.content)
        there = await self._membership_of(number, principal)
        if there is None and not roles:
            raise BadReply("this membership comes with a group or the project above, and does not do so any more")
        if there is None:
            body = {"user_id": _id(principal), "role_ids": roles}
            await self._actors.send("POST", f"/projects/{number}/memberships.json", {"membership": body})
        elif roles:
            await self._actors.send("PUT", f"/memberships/{there['id']}.json", {"membership": {"role_ids": roles}})
        found = await self._membership_of(number, principal)
        if found is None:
            raise BadReply("the membership that was made is not listed")
        return _made(workspace_id, kinds.MEMBERSHIP, split.membership_id(workspace_id)(found), found)

    async def _change_membership(self, change: Change) -> Made:
        number = number_in(change.workspace_id)
        principal = {"id": int(change.external_id.rpartition("/")[2])}
        found = await self._membership_of(number, principal)
        if found is None:
            raise Gone("the membership is not there any more")
        body = {"role_ids": _role_ids(change.content)}
        await self._actors.send("PUT", f"/memberships/{found['id']}.json", {"membership": body})
        return _made(change.workspace_id, kinds.MEMBERSHIP, change.external_id, {**found, **change.content})

    async def _membership_of(self, project: int, principal: Any) -> dict[str, Any] | None:
        for value in await self._client.listing(f"/projects/{project}/memberships.json", "memberships"):
            of = value.get("user") or value.get("group") if isinstance(value, dict) else None
            if _id(of) == _id(principal):
                return dict(value)
        return None

    async def _make_version(self, creation: Creation) -> Made:
        workspace_id, number = _place(creation)
        body = _version_body(creation.content)
        answer = await self._actors.send("POST", f"/projects/{number}/versions.json", {"version": body})
        value = answer.get("version") or {}
        return _made(workspace_id, kinds.VERSION, made(value), value)

    async def _change_version(self, change: Change) -> Made:
        path = f"/versions/{number_in(change.external_id)}.json"
        body = _some(_version_body(change.content), change)
        if "status" in change.fields:
            body["status"] = change.content.get("status")
        await self._actors.send("PUT", path, {"version": body})
        return await self._again(change, path, "version")

    async def _make_category(self, creation: Creation) -> Made:
        workspace_id, number = _place(creation)
        body = _category_body(creation.content)
        answer = await self._actors.send("POST", f"/projects/{number}/issue_categories.json", {"issue_category": body})
        value = answer.get("issue_category") or {}
        return _made(workspace_id, kinds.CATEGORY, numbered(value), value)

    async def _change_category(self, change: Change) -> Made:
        path = f"/issue_categories/{number_in(change.external_id)}.json"
        await self._actors.send("PUT", path, {"issue_category": _some(_category_body(change.content), change)})
        return await self._again(change, path, "issue_category")

    # The wiki.

    async def _make_page(self, creation: Creation) -> Made:
        """Make a page with its first version, under a title that is free."""
        workspace_id, number = _place(creation)
        first = creation.first
        if first is None:
            raise Refused("a page is made of its first version, which is not among what is restored")
        title = str(creation.content.get("title"))
        for attempt in range(1, _SPARE_NAMES + 1):
            free = title if attempt == 1 else f"{title}_{attempt}"
            if not await self._is_page(number, free):
                break
        else:
            raise Refused(f"{_SPARE_NAMES} pages of this title are there already")
        body = {"text": first.get("text"), "comments": first.get("comments"), **_page_parent(creation.content)}
        path = f"/projects/{number}/wiki/{quote(free, safe='')}.json"
        await self._actors.send_as(first.get("author"), "PUT", path, {"wiki_page": body})
        value = await self._client.get(path, "wiki_page")
        return _made(workspace_id, kinds.WIKI_PAGE, titled(workspace_id, value), value)

    async def _make_page_version(self, creation: Creation) -> Made:
        """Write a version on top of the others; the first was written with its page."""
        workspace_id, number = _place(creation)
        content = creation.content
        path = f"/projects/{number}/wiki/{quote(str(content.get('title')), safe='')}.json"
        value = await self._client.get(path, "wiki_page")
        if value.get("version") != 1 or value.get("text") != content.get("text"):
            body = {"text": content.get("text"), "comments": content.get("comments")}
            await self._actors.send_as(content.get("author"), "PUT", path, {"wiki_page": body})
            value = await self._client.get(path, "wiki_page")
        version_id = split.wiki_version_id(titled(workspace_id, value), value)
        return _made(workspace_id, kinds.WIKI_VERSION, version_id, value)

    async def _change_page(self, change: Change) -> Made:
        title = title_in(change.external_id)
        path = f"/projects/{number_in(change.workspace_id)}/wiki/{quote(title, safe='')}.json"
        value = await self._client.get(path, "wiki_page")
        body = {"text": value.get("text"), **_page_parent(change.content)}
        await self._actors.send("PUT", path, {"wiki_page": body})
        return await self._again(change, path, "wiki_page")

    async def _is_page(self, project: int, title: str) -> bool:
        try:
            await self._client.get(f"/projects/{project}/wiki/{quote(title, safe='')}.json", "wiki_page")
        except Gone:
            return False
        return True

    # News.

    async def _make_news(self, creation: Creation) -> Made:
        """Make it; the answer is empty, so that it is looked for: it has the greatest id of its title."""
        workspace_id, number = _place(creation)
        path = f"/projects/{number}/news.json"
        body = _news_body(creation.content)
        await self._actors.send_as(creation.content.get("author"), "POST", path, {"news": body})
        listed = await self._client.listing(path, "news")
        same = [value for value in listed if isinstance(value, dict) and value.get("title") == body["title"]]
        if not same:
            raise BadReply("the news that was made is not listed")
        value = max(same, key=lambda found: found["id"])
        return _made(workspace_id, kinds.NEWS, made(value), value)

    async def _change_news(self, change: Change) -> Made:
        path = f"/news/{number_in(change.external_id)}.json"
        await self._actors.send("PUT", path, {"news": _some(_news_body(change.content), change)})
        return await self._again(change, path, "news")

    # Issues and what hangs below them.

    async def _make_issue(self, creation: Creation) -> Made:
        content = creation.content
        workspace_id, number = _place(creation)
        body = {"project_id": number, **_issue_body(content)}
        above, author = _id(content.get("parent")), content.get("author")
        async with self._actors.unwatched([above] if above else []):
            try:
                answer, _ = await self._actors.send_as(author, "POST", "/issues.json", {"issue": body})
            except BadReply:
                # Some field is refused: an account that is locked takes no issues. It is made without what is
                # written behind it, and the refusal is of that.
                bare = {name: part for name, part in body.items() if name in _NEEDED}
                answer, _ = await self._actors.send_as(author, "POST", "/issues.json", {"issue": bare})
        value = answer.get("issue") or {}
        return _made(workspace_id, kinds.ISSUE, made(value), _bare(value))

    async def _change_issue(self, change: Change) -> Made:
        number = number_in(change.external_id)
        value = await self._client.get(f"/issues/{number}.json", "issue")
        rules = WRITING.by_kind[kinds.ISSUE]
        there = rules.view(_record(change.workspace_id, kinds.ISSUE, change.external_id, value))
        wrong = {name for name in change.fields if there.get(name) != change.content.get(name)}
        if wrong:
            body = {name: part for name, part in _issue_body(change.content).items() if _field_of(name) in wrong}
            touched = {number, _id(value.get("parent")), _id(change.content.get("parent"))} - {None}
            async with self._actors.unwatched([found for found in touched if found is not None]):
                await self._set(f"/issues/{number}.json", body)
            value = await self._client.get(f"/issues/{number}.json", "issue")
        return _made(change.workspace_id, kinds.ISSUE, change.external_id, value)

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
                    refused.append(f"{_field_of(name)}: {error}")
            if refused:
                raise BadReply("; ".join(refused)) from None

    async def _note(self, creation: Creation) -> Made:
        """Write a note in its author's name; a private one in the owner's: an author's might come out public."""
        workspace_id, _ = _place(creation)
        number, content = _owner(creation), creation.content
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
        return _made(workspace_id, kinds.NOTE, made(newest), newest)

    async def _change_note(self, change: Change) -> Made:
        body = {name: change.content.get(name) for name in ("notes", "private_notes") if name in change.fields}
        await self._actors.send("PUT", f"/journals/{number_in(change.external_id)}.json", {"journal": body})
        return _made(change.workspace_id, kinds.NOTE, change.external_id, change.content)

    async def _attach(self, creation: Creation) -> Made:
        workspace_id, project = _place(creation)
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
        return _made(workspace_id, kinds.ATTACHMENT, made(value), value)

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

    async def _change_attachment(self, change: Change) -> Made:
        path = f"/attachments/{number_in(change.external_id)}.json"
        await self._actors.send("PATCH", path, {"attachment": dict(change.fields)})
        return await self._again(change, path, "attachment")

    async def _log_time(self, creation: Creation) -> Made:
        workspace_id, number = _place(creation)
        body = _time_body(creation.content)
        if not body.get("issue_id"):
            body["project_id"] = number
        answer = await self._actors.send("POST", "/time_entries.json", {"time_entry": body})
        value = answer.get("time_entry") or {}
        return _made(workspace_id, kinds.TIME_ENTRY, made(value), value)

    async def _change_time(self, change: Change) -> Made:
        path = f"/time_entries/{number_in(change.external_id)}.json"
        await self._actors.send("PUT", path, {"time_entry": _some(_time_body(change.content), change)})
        return await self._again(change, path, "time_entry")

    async def _relate(self, creation: Creation) -> Made:
        workspace_id, _ = _place(creation)
        content = creation.content
        start, end = content.get("issue_id"), content.get("issue_to_id")
        body = {"issue_to_id": end, "relation_type": content.get("relation_type"), "delay": content.get("delay")}
        async with self._actors.unwatched([number for number in (start, end) if isinstance(number, int)]):
            answer = await self._actors.send("POST", f"/issues/{start}/relations.json", {"relation": body})
        value = answer.get("relation") or {}
        return _made(workspace_id, kinds.RELATION, split.relation_id(value), value)

    async def _watch(self, creation: Creation) -> Made:
        workspace_id, _ = _place(creation)
        number, person = _owner(creation), creation.content.get("id")
        await self._actors.send("POST", f"/issues/{number}/watchers.json", {"user_id": person})
        value = await self._client.get(f"/issues/{number}.json", "issue", include="watchers")
        watching = [found for found in value.get("watchers") or () if _id(found) == person]
        if not watching:
            raise BadReply("the app lets this person not watch the issue: the account is locked, or may not see it")
        external_id = ExternalId(f"{made(value)}/{person}")
        return _made(workspace_id, kinds.WATCHER, external_id, watching[0])

    async def _again(self, change: Change, path: str, name: str) -> Made:
        value = await self._client.get(path, name)
        return _made(change.workspace_id, change.kind, change.external_id, value)


def _project_body(content: Mapping[str, Any]) -> JsonObject:
    return {
        "name": content.get("name"),
        "description": content.get("description"),
        "homepage": content.get("homepage"),
        "is_public": content.get("is_public"),
        "inherit_members": content.get("inherit_members"),
        "tracker_ids": _ids(content.get("trackers")),
        "enabled_module_names": content.get("enabled_modules") or [],
        "issue_custom_field_ids": _ids(content.get("issue_custom_fields")),
        "custom_fields": _field_values(content),
    }


def _version_body(content: Mapping[str, Any]) -> JsonObject:
    names = ("name", "description", "due_date", "sharing", "wiki_page_title")
    return {**{name: content.get(name) for name in names}, "custom_fields": _field_values(content)}


def _category_body(content: Mapping[str, Any]) -> JsonObject:
    return {"name": content.get("name"), "assigned_to_id": _id(content.get("assigned_to")) or ""}


def _news_body(content: Mapping[str, Any]) -> JsonObject:
    return {name: content.get(name) for name in ("title", "summary", "description")}


def _issue_body(content: Mapping[str, Any]) -> JsonObject:
    """Write every field, empty ones too: what is left out is filled in by the app."""
    plain = ("subject", "description", "start_date", "due_date", "done_ratio", "is_private", "estimated_hours")
    named = ("tracker", "status", "priority", "assigned_to", "category", "fixed_version")
    return {
        **{name: content.get(name) for name in plain},
        **{f"{name}_id": _id(content.get(name)) or "" for name in named},
        "parent_issue_id": _id(content.get("parent")) or "",
        "custom_fields": _field_values(content),
    }


def _time_body(content: Mapping[str, Any]) -> JsonObject:
    return {
        **{name: content.get(name) for name in ("hours", "comments", "spent_on")},
        **{f"{name}_id": _id(content.get(name)) for name in ("issue", "user", "activity")},
        "custom_fields": _field_values(content),
    }


def _page_parent(content: Mapping[str, Any]) -> JsonObject:
    above = content.get("parent")
    return {"parent_title": above.get("title") if isinstance(above, dict) else ""}


def _field_values(content: Mapping[str, Any]) -> list[JsonObject]:
    """Write custom field values; no value is written as an empty one, or a default would take its place."""
    found = content.get("custom_fields")
    values = [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []
    return [
        {"id": part["id"], "value": part["value"] if part.get("value") is not None else ""}
        for part in values
        if part.get("id") is not None
    ]


def _some(body: Mapping[str, Any], change: Change) -> JsonObject:
    """Keep of a body what is to be changed."""
    return {name: part for name, part in body.items() if _field_of(name) in change.fields}


_FIELD_OF = {
    "tracker_ids": "trackers",
    "enabled_module_names": "enabled_modules",
    "issue_custom_field_ids": "issue_custom_fields",
    "parent_issue_id": "parent",
}


def _field_of(name: str) -> str:
    """Name the field of a record that a parameter sets."""
    return _FIELD_OF.get(name, name.removesuffix("_id"))


def _id(value: Any) -> int | None:
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, int) else None


def _ids(values: Any) -> list[int]:
    found = [_id(value) for value in values] if isinstance(values, list) else []
    return [number for number in found if number is not None]


def _role_ids(content: Mapping[str, Any]) -> list[int]:
    return _ids([role for role in content.get("roles") or () if isinstance(role, dict) and not role.get("inherited")])


def _place(creation: Creation) -> tuple[WorkspaceId, int]:
    if creation.workspace_id is None:
        raise Refused("the project that this goes in is not there")
    return creation.workspace_id, number_in(creation.workspace_id)


def _owner(creation: Creation) -> int:
    if creation.parent is None:
        raise Refused("the issue that this belongs to is not there")
    return number_in(creation.parent.external_id)


def _bare(value: Mapping[str, Any]) -> JsonObject:
    return {name: part for name, part in value.items() if name not in _WITH.split(",")}


def _record(workspace_id: WorkspaceId, kind: Kind, external_id: ExternalId, value: Mapping[str, Any]) -> Record:
    return split.record(workspace_id, kind, external_id, value, None)


def _made(workspace_id: WorkspaceId, kind: Kind, external_id: ExternalId, value: Mapping[str, Any]) -> Made:
    content = split.without(kind, value)
    return Made(workspace_id=workspace_id, external_id=external_id, content=content)

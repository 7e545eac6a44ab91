"""Split: Redmine's JSON taken apart into records. Pure: no request, no clock."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.redmine import kinds
from connectors.redmine.identity import Unfit, instant, made, moment, number_of, titled
from connectors.redmine.kinds import KINDS
from store.record import ExternalId, JsonObject, Kind, ParentRef, Record, WorkspaceId

SERVER = WorkspaceId("")
"""Where people, trackers and the like live: they belong to the server, not to one project."""
_OF_SHOW = ("journals", "watchers", "attachments", "relations", "children", "changesets", "allowed_statuses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Something that is not what Redmine's API says it gives. The last version of these kinds stays as it is."""

    kinds: frozenset[Kind]
    where: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An attachment whose bytes are to be had."""

    workspace_id: WorkspaceId
    attachment_id: int
    external_id: ExternalId
    name: str
    media_type: str | None
    size_bytes: int | None


Piece = Record | Upload | Bad
Named = Callable[[Mapping[str, Any]], ExternalId]


def issue(workspace_id: WorkspaceId, value: Mapping[str, Any], parent: ParentRef) -> Iterator[Piece]:
    """Take an issue apart: itself, its history, watchers, attachments, and the relations that start at it."""
    issue_id = made(value)
    own = ParentRef(kind=kinds.ISSUE, external_id=issue_id)
    content = {name: part for name, part in value.items() if name not in _OF_SHOW}
    yield record(workspace_id, kinds.ISSUE, issue_id, content, parent, changed_at=value.get("updated_on"))
    for entry in _items(value.get("journals")):
        kind = kinds.NOTE if isinstance(entry, dict) and entry.get("notes") else kinds.JOURNAL
        yield from _one(workspace_id, kind, made, entry, own, changed_at="created_on", changed_by="user")
    for person in _items(value.get("watchers")):
        yield from _one(workspace_id, kinds.WATCHER, lambda found: _joined(issue_id, number_of(found)), person, own)
    yield from attachments(workspace_id, value.get("attachments"), own)
    for relation in _items(value.get("relations")):
        # Both ends show it; it is kept once, with the end that it starts at.
        if isinstance(relation, dict) and relation.get("issue_id") == value["id"]:
            yield from _one(workspace_id, kinds.RELATION, relation_id, relation, own)


def attachments(workspace_id: WorkspaceId, values: Any, parent: ParentRef) -> Iterator[Piece]:
    """Make records of what is attached to something, and say where the bytes are."""
    for value in _items(values):
        for piece in _one(
            workspace_id, kinds.ATTACHMENT, made, value, parent, changed_at="created_on", changed_by="author"
        ):
            if isinstance(piece, Bad):
                yield Bad(kinds=kinds.FILES, where=piece.where, message=piece.message)
                continue
            yield piece
            yield _upload(workspace_id, value)


def project_files(
    workspace_id: WorkspaceId, values: Iterable[Any], versions: Mapping[int, ExternalId]
) -> Iterator[Piece]:
    """Make records of a project's files: some belong to a version."""
    project = ParentRef(kind=kinds.PROJECT, external_id=ExternalId(workspace_id))
    for value in values:
        of = value.get("version") if isinstance(value, dict) else None
        version_id = versions.get(of["id"]) if isinstance(of, dict) and isinstance(of.get("id"), int) else None
        parent = ParentRef(kind=kinds.VERSION, external_id=version_id) if version_id else project
        yield from attachments(workspace_id, [value], parent)


def listed(
    workspace_id: WorkspaceId, kind: Kind, named: Named, value: Any, parent: ParentRef | None
) -> Iterator[Piece]:
    """Make a record of one thing in a list."""
    yield from _one(workspace_id, kind, named, value, parent, changed_at="updated_on", changed_by="user")


def news(workspace_id: WorkspaceId, value: Mapping[str, Any]) -> Iterator[Piece]:
    """Take a piece of news apart: itself, its comments and attachments."""
    news_id = made(value)
    project = ParentRef(kind=kinds.PROJECT, external_id=ExternalId(workspace_id))
    own = ParentRef(kind=kinds.NEWS, external_id=news_id)
    content = {name: part for name, part in value.items() if name not in {"comments", "attachments"}}
    yield from _one(workspace_id, kinds.NEWS, made, content, project, changed_at="created_on", changed_by="author")
    for comment in _items(value.get("comments")):
        yield from _one(
            workspace_id,
            kinds.NEWS_COMMENT,
            lambda found: _joined(news_id, number_of(found)),
            comment,
            own,
            changed_by="author",
        )
    yield from attachments(workspace_id, value.get("attachments"), own)


def wiki_page(workspace_id: WorkspaceId, value: Mapping[str, Any], parent: ParentRef) -> Iterator[Piece]:
    """Take a wiki page apart: itself and its attachments. Its newest version is a record of its own."""
    page_id = titled(workspace_id, value)
    content = {name: part for name, part in value.items() if name != "attachments"}
    yield record(workspace_id, kinds.WIKI_PAGE, page_id, content, parent, changed_at=value.get("updated_on"))
    yield from attachments(workspace_id, value.get("attachments"), ParentRef(kind=kinds.WIKI_PAGE, external_id=page_id))


def wiki_version(workspace_id: WorkspaceId, page_id: ExternalId, value: Mapping[str, Any]) -> Iterator[Piece]:
    """Make a record of one version of a page."""
    content = {name: part for name, part in value.items() if name != "attachments"}
    yield from _one(
        workspace_id,
        kinds.WIKI_VERSION,
        lambda found: wiki_version_id(page_id, found),
        content,
        ParentRef(kind=kinds.WIKI_PAGE, external_id=page_id),
        changed_at="updated_on",
        changed_by="author",
    )


def wiki_version_id(page_id: ExternalId, value: Mapping[str, Any]) -> ExternalId:
    """Name a version: its number and moment. The number of a newest version that was deleted is given again."""
    version, at = value.get("version"), moment(value.get("updated_on"))
    if not isinstance(version, int) or at is None:
        raise Unfit("a version of a wiki page has no number, or no updated_on")
    return ExternalId(f"{page_id}/{version}@{at}")


def membership_id(workspace_id: WorkspaceId) -> Named:
    """Return how a project's memberships are named: a person or group has one in each project."""

    def named(value: Mapping[str, Any]) -> ExternalId:
        return _joined(ExternalId(workspace_id), number_of(value.get("user") or value.get("group")))

    return named


def enumeration_id(what: str) -> Named:
    """Return how the members of one enumeration are named."""

    def named(value: Mapping[str, Any]) -> ExternalId:
        return ExternalId(f"{what}/{number_of(value)}")

    return named


def without(kind: Kind, value: Mapping[str, Any]) -> JsonObject:
    """Return the content less the kind's volatile fields; what is nested is copied where something leaves it."""
    content = dict(value)
    for name in KINDS[kind].volatile:
        outer, _, inner = name.partition(".")
        if not inner:
            content.pop(outer, None)
        elif outer in content:
            content[outer] = _less(content[outer], inner)
    return content


def record(
    workspace_id: WorkspaceId,
    kind: Kind,
    external_id: ExternalId,
    value: Mapping[str, Any],
    parent: ParentRef | None,
    *,
    changed_at: Any = None,
    changed_by: Any = None,
) -> Record:
    """Make a record of what the app gave."""
    return Record(
        workspace_id=workspace_id,
        kind=kind,
        external_id=external_id,
        content=without(kind, value),
        parent=parent,
        changed_at=instant(changed_at),
        changed_by=_person(changed_by),
    )


def _one(
    workspace_id: WorkspaceId,
    kind: Kind,
    named: Named,
    value: Any,
    parent: ParentRef | None,
    *,
    changed_at: str = "",
    changed_by: str = "",
) -> Iterator[Record | Bad]:
    where = f"{parent.kind}/{parent.external_id}/{kind}" if parent else f"{workspace_id}/{kind}"
    if not isinstance(value, dict):
        yield Bad(kinds=frozenset({kind}), where=where, message=f"a {kind} is not an object")
        return
    try:
        external_id = named(value)
    except Unfit as error:
        yield Bad(kinds=frozenset({kind}), where=where, message=str(error))
        return
    at, by = value.get(changed_at), value.get(changed_by)
    yield record(workspace_id, kind, external_id, value, parent, changed_at=at, changed_by=by)


def _upload(workspace_id: WorkspaceId, value: Mapping[str, Any]) -> Upload:
    name, media_type, size = value.get("filename"), value.get("content_type"), value.get("filesize")
    return Upload(
        workspace_id=workspace_id,
        attachment_id=number_of(value),
        external_id=made(value),
        name=name if isinstance(name, str) and name else "file",
        media_type=media_type if isinstance(media_type, str) and media_type else None,
        size_bytes=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
    )


def relation_id(value: Mapping[str, Any]) -> ExternalId:
    """Name a relation: by its number and both ends."""
    return ExternalId(f"{number_of(value)}:{value.get('issue_id')}-{value.get('issue_to_id')}")


def _joined(owner: ExternalId, number: int) -> ExternalId:
    return ExternalId(f"{owner}/{number}")


def _person(value: Any) -> str | None:
    found = value.get("id") if isinstance(value, dict) else None
    return str(found) if isinstance(found, int) else None


def _less(value: Any, name: str) -> Any:
    """Return an object, or a list of them, less one field."""
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if key != name}
    if isinstance(value, list):
        return [_less(part, name) if isinstance(part, dict) else part for part in value]
    return value


def _items(values: Any) -> Iterable[Any]:
    return values if isinstance(values, list) else ()

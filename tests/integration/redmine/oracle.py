"""Oracle: every record that a backup ought to hold now, found out by plain means and by none of the connector's.

The database says what there is, row by row; the server is asked for each thing by itself. An answer is used again
while the rows that it is made of are the same.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.integration.redmine.engine import Held, Key
from tests.integration.redmine.server import RealRedmine

_LOST = {
    "issue": {"spent_hours", "total_spent_hours", "total_estimated_hours"},
    "attachment": {"content_url", "thumbnail_url", "downloads"},
    "user": {"last_login_on", "passwd_changed_on", "avatar_url", "api_key"},
    "wiki_page": {"text", "author", "comments"},
    "wiki_version": {"parent", "created_on"},
    "watcher": {"name"},
}
"""What is not the record's own, kind by kind: written down here once more, so that the connector's list is tested."""
_QUIET = {"note", "journal", "watcher", "news_comment"}
_OWN_NAMES = {"time_entry_activities", "enabled_modules"}
_NESTED = {"attachments", "relations", "journals", "watchers", "comments"}
_INCLUDED = "trackers,enabled_modules,time_entry_activities,issue_custom_fields"
_SHOWN = {
    "attachments": "container_id is not null",
    # What tells of nothing but a relation to an issue that is deleted is shown no more.
    "journals": """notes <> '' or exists (select 1 from journal_details d where d.journal_id = journals.id and (
        d.property <> 'relation' or exists (select 1 from issues where id = coalesce(d.value, d.old_value))))""",
}
_OF_ISSUES = """
select * from (
  select id as issue, 'issue' as what, * from issues where id = :id
), (select group_concat(x, '|') from (
  select 'j' || id || coalesce(notes,'') || private_notes || created_on as x from journals where journalized_id = :id
  union all select 'd' || d.id || coalesce(old_value,'') || coalesce(value,'') from journal_details d
    join journals j on j.id = d.journal_id where j.journalized_id = :id
  union all select 'x' || d.id || exists (select 1 from issues where id = coalesce(d.value, d.old_value))
    from journal_details d join journals j on j.id = d.journal_id
    where j.journalized_id = :id and d.property = 'relation'
  union all select 'w' || user_id from watchers where watchable_type = 'Issue' and watchable_id = :id
  union all select 'a' || id || filename || coalesce(description,'') || created_on from attachments
    where container_type = 'Issue' and container_id = :id
  union all select 'r' || id || relation_type || issue_from_id || issue_to_id || coalesce(delay,'')
    from issue_relations where issue_from_id = :id or issue_to_id = :id
  union all select 'c' || id || custom_field_id || coalesce(value,'') from custom_values
    where customized_type = 'Issue' and customized_id = :id
  union all select 'f' || id || name || is_for_all from custom_fields
))
"""


@dataclass(slots=True)
class World:
    """What there is at one moment."""

    records: dict[Key, Held] = field(default_factory=dict)
    listed: dict[tuple[str, str], Any] = field(default_factory=dict)
    """(kind, id) of an issue, a piece of news or a wiki page → all of it that a listing shows."""
    quiet: dict[Key, tuple[str, str]] = field(default_factory=dict)
    """What no listing shows → which of those it belongs to."""

    def put(self, workspace: str, kind: str, name: str, value: Any, parent: tuple[str, str] | None) -> None:
        key = (workspace, kind, name)
        assert key not in self.records
        self.records[key] = (_own(kind, value), parent)
        if parent is not None and (kind in _QUIET or (kind == "attachment" and parent[0] in {"news", "wiki_page"})):
            self.quiet[key] = parent


@dataclass(slots=True)
class Oracle:
    """Asks one server."""

    server: RealRedmine
    _answers: dict[Any, Any] = field(default_factory=dict)

    def look(self) -> World:
        """Say what there is."""
        world = World()
        with_rows = sqlite3.connect(self.server.database, timeout=60)
        with_rows.row_factory = sqlite3.Row
        try:
            self._look(world, with_rows.execute)
        finally:
            with_rows.close()
        return world

    def _look(self, world: World, rows: Callable[..., Any]) -> None:
        self._server(world, rows)
        projects = {
            row["id"]: self._ask(f"/projects/{row['id']}.json?include={_INCLUDED}", "project")
            for row in rows("select id from projects where status in (1, 5)")
        }
        places = {number: _name(project) for number, project in projects.items()}
        for project in projects.values():
            above = project.get("parent")
            parent = ("project", places[above["id"]]) if above else None
            world.put(_name(project), "project", _name(project), project, parent)
        issues = {
            row["id"]: self._issue(row["id"], rows)
            for row in rows(
                "select id from issues where project_id in (select id from projects where status in (1, 5))"
            )
        }
        names = {number: _name(issue) for number, issue in issues.items()}
        for issue in issues.values():
            self._put_issue(world, places[issue["project"]["id"]], issue, names)
        for number, place in places.items():
            self._lists(world, number, place, names)
            self._wiki(world, number, place, rows)
        self._count(world, rows)

    def _server(self, world: World, rows: Callable[..., Any]) -> None:
        for name, kind in (("trackers", "tracker"), ("issue_statuses", "status"), ("custom_fields", "custom_field")):
            for value in self._ask(f"/{name}.json", name):
                world.put("", kind, str(value["id"]), value, None)
        for value in self._ask("/queries.json?limit=100", "queries"):
            world.put("", "query", str(value["id"]), value, None)
        for name in ("issue_priorities", "time_entry_activities", "document_categories"):
            for value in self._ask(f"/enumerations/{name}.json", name):
                world.put("", "enumeration", f"{name}/{value['id']}", value, None)
        for row in rows("select id from roles where builtin = 0"):
            world.put("", "role", str(row["id"]), self._ask(f"/roles/{row['id']}.json", "role"), None)
        for row in rows("select id from users where type = 'Group'"):
            value = self._ask(f"/groups/{row['id']}.json?include=users", "group")
            world.put("", "group", str(row["id"]), value, None)
        for row in rows("select id, status from users where type = 'User'"):
            value = self._ask(f"/users/{row['id']}.json", "user")
            world.put("", "user", _name(value), {**value, "status": row["status"]}, None)

    def _issue(self, number: int, rows: Callable[..., Any]) -> Any:
        print_of = sha256(repr([tuple(row) for row in rows(_OF_ISSUES, {"id": number})]).encode()).digest()
        if (number, print_of) not in self._answers:
            self._answers[number, print_of] = self.server.issue(number)
        return self._answers[number, print_of]

    def _put_issue(self, world: World, place: str, issue: Any, names: Mapping[int, str]) -> None:
        name = _name(issue)
        above = issue.get("parent")
        parent = ("issue", names[above["id"]]) if above else ("project", place)
        world.put(place, "issue", name, issue, parent)
        for entry in issue["journals"]:
            world.put(place, "note" if entry["notes"] else "journal", _name(entry), entry, ("issue", name))
        for person in issue["watchers"]:
            world.put(place, "watcher", f"{name}/{person['id']}", person, ("issue", name))
        self._put_files(world, place, issue["attachments"], ("issue", name))
        for relation in issue.get("relations", ()):
            if relation["issue_id"] == issue["id"]:
                ends = f"{relation['id']}:{relation['issue_id']}-{relation['issue_to_id']}"
                world.put(place, "relation", ends, relation, ("issue", name))
        files = [_own("attachment", file) for file in issue["attachments"]]
        world.listed["issue", name] = [_own("issue", issue), files, issue.get("relations", [])]

    def _put_files(self, world: World, place: str, files: Any, parent: tuple[str, str]) -> None:
        for file in files:
            name = _name(file)
            world.put(place, "attachment", name, file, parent)
            content = {"name": file["filename"], "bytes": file["filesize"], "sha256": self._digest(file["id"])}
            world.records[place, "file", name] = (content, ("attachment", name))
            if (place, "attachment", name) in world.quiet:
                world.quiet[place, "file", name] = parent

    def _digest(self, number: int) -> str:
        """Hash the bytes as they lie on the server's disk."""
        with sqlite3.connect(self.server.database, timeout=60) as connection:
            folder, file = connection.execute(
                "select disk_directory, disk_filename from attachments where id = ?", (number,)
            ).fetchone()
        connection.close()
        return sha256((self.server.files / (folder or "") / file).read_bytes()).hexdigest()

    def _lists(self, world: World, number: int, place: str, issues: Mapping[int, str]) -> None:
        at, project = f"/projects/{number}", ("project", place)
        versions = {}
        for value in self._ask(f"{at}/versions.json", "versions"):
            if value["project"]["id"] == number:
                versions[value["id"]] = _name(value)
                world.put(place, "version", _name(value), value, project)
        for value in self._ask(f"{at}/issue_categories.json", "issue_categories"):
            world.put(place, "category", str(value["id"]), value, project)
        for value in self._all(f"{at}/memberships.json?", "memberships"):
            person = value.get("user") or value["group"]
            world.put(place, "membership", f"{place}/{person['id']}", value, project)
        for value in self._all(f"/time_entries.json?project_id={number}&subproject_id=!*&", "time_entries"):
            on = value.get("issue")
            parent = ("issue", issues[on["id"]]) if on and on["id"] in issues else project
            world.put(place, "time_entry", _name(value), value, parent)
        for listed in self._all(f"{at}/news.json?", "news"):
            value = self._ask(f"/news/{listed['id']}.json?include=comments,attachments", "news")
            name = _name(value)
            world.put(place, "news", name, value, project)
            world.listed["news", name] = _own("news", listed)
            for comment in value["comments"]:
                world.put(place, "news_comment", f"{name}/{comment['id']}", comment, ("news", name))
            self._put_files(world, place, value["attachments"], ("news", name))
        for file in self._ask(f"{at}/files.json", "files"):
            of = file.get("version")
            self._put_files(world, place, [file], ("version", versions[of["id"]]) if of else project)

    def _wiki(self, world: World, number: int, place: str, rows: Callable[..., Any]) -> None:
        pages = "select p.id, p.title from wiki_pages p join wikis w on w.id = p.wiki_id where w.project_id = ?"
        found = {
            row["id"]: self._ask(f"/projects/{number}/wiki/{row['title']}.json?include=attachments", "wiki_page")
            for row in list(rows(pages, (number,)))
        }
        names = {page["title"]: f"{place}/{page['title']}@{page['created_on']}" for page in found.values()}
        if found:
            for entry in self._ask(f"/projects/{number}/wiki/index.json", "wiki_pages"):
                world.listed["wiki_page", names[entry["title"]]] = entry
        for page_id, page in found.items():
            name, above = names[page["title"]], page.get("parent")
            parent = ("wiki_page", names[above["title"]]) if above else ("project", place)
            world.put(place, "wiki_page", name, page, parent)
            self._put_files(world, place, page["attachments"], ("wiki_page", name))
            for row in list(rows("select version from wiki_content_versions where page_id = ?", (page_id,))):
                path = f"/projects/{number}/wiki/{page['title']}/{row['version']}.json"
                value = self._ask(path, "wiki_page")
                version = f"{name}/{row['version']}@{value['updated_on']}"
                world.put(place, "wiki_version", version, value, ("wiki_page", name))

    def _count(self, world: World, rows: Callable[..., Any]) -> None:
        """Hold the answers against the rows: nothing is in the database that no request showed."""
        counted = Counter("journal" if kind == "note" else kind for _, kind, _ in world.records)
        for kind, table in (
            ("journal", "journals"),
            ("relation", "issue_relations"),
            ("time_entry", "time_entries"),
            ("attachment", "attachments"),
            ("wiki_version", "wiki_content_versions"),
            ("news_comment", "comments"),
            ("membership", "members"),
        ):
            where = _SHOWN.get(table, "true")
            assert counted[kind] == rows(f"select count(*) from {table} where {where}").fetchone()[0], kind

    def _ask(self, path: str, name: str) -> Any:
        return self.server.ask("GET", path)[name]

    def _all(self, path: str, name: str) -> Iterator[Any]:
        offset = 0
        while True:
            answer = self.server.ask("GET", f"{path}limit=100&offset={offset}")
            yield from answer[name]
            offset += 100
            if offset >= answer["total_count"]:
                return


def _name(value: Any) -> str:
    return f"{value['id']}@{value['created_on']}"


def _own(kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """What of an answer is the record's own."""
    nested = _NESTED if kind in {"issue", "news"} else {"attachments"}
    if kind == "wiki_version":
        nested = {"attachments"}
    kept = {name: part for name, part in value.items() if name not in nested | _LOST.get(kind, set())}
    return {name: part if name in _OWN_NAMES else _unnamed(part) for name, part in kept.items()}


def _unnamed(value: Any) -> Any:
    """Leave the names out of references: they are other records' own."""
    if isinstance(value, list):
        return [_unnamed(part) for part in value]
    if isinstance(value, dict) and "id" in value:
        return {name: part for name, part in value.items() if name not in {"name", "is_closed"}}
    return value

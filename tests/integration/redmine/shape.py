"""Shape: a project as people see it, with every id exchanged for the place that it stands at."""

from typing import Any

from tests.integration.redmine.oracle import World

_TIMES = {"created_on", "updated_on", "closed_on"}
_NEW = {"id", *_TIMES}


def shape_of(world: World, place: str) -> dict[str, Any]:
    """Say all that a restore is to bring back of a project: equal for two that look the same.

    Things stand in the order of their ids, which is the order that they were made in; what names a thing of the
    project names its place.
    """
    return _Shape(world, place).all()


class _Shape:
    def __init__(self, world: World, place: str) -> None:
        self._found = {key[1:]: held for key, held in world.records.items() if key[0] == place}
        self._places = {
            (kind, name.partition("@")[0]): number
            for kind in ("issue", "version", "category")
            for number, name in enumerate(self._names(kind))
        }

    def all(self) -> dict[str, Any]:
        (project,) = [content for (kind, _), (content, _) in self._found.items() if kind == "project"]
        own = self._less(project, "identifier", "enabled_modules")
        if "default_version" in own:
            own["default_version"] = self._place("version", own["default_version"])
        return {
            "project": own | {"modules": sorted(part["name"] for part in project["enabled_modules"])},
            "members": sorted(
                (str(content.get("user") or content.get("group")), sorted(map(str, content["roles"])))
                for content, _ in self._of("membership")
            ),
            "versions": [self._less(content, "project") for content, _ in self._of("version")],
            "categories": sorted(str(self._less(content, "project")) for content, _ in self._of("category")),
            "issues": [self._issue(name) for name in self._names("issue")],
            "relations": sorted(
                (
                    self._places.get(("issue", str(content["issue_id"])), content["issue_id"]),
                    self._places.get(("issue", str(content["issue_to_id"])), content["issue_to_id"]),
                    content["relation_type"],
                    content["delay"],
                )
                for content, _ in self._of("relation")
            ),
            "time": [self._time(content) for content, _ in self._of("time_entry")],
            "news": [
                {**self._less(content, "project", "author"), "files": self._files("news", name)}
                for (kind, name), (content, _) in self._in_order()
                if kind == "news"
            ],
            "wiki": self._wiki(),
            "files": sorted(self._files("project", place) for place in self._names("project")),
            "files of versions": [self._files("version", name) for name in self._names("version")],
        }

    def authors(self) -> list[int]:
        """Name who made each issue."""
        return [content["author"]["id"] for content, _ in self._of("issue")]

    def _issue(self, name: str) -> dict[str, Any]:
        content, parent = self._found["issue", name]
        own = self._less(content, "project", "author")
        for kind, field in (("version", "fixed_version"), ("category", "category"), ("issue", "parent")):
            if field in own:
                own[field] = self._place(kind, own[field])
        own["above"] = parent[0] if parent else None
        own["watchers"] = sorted(content["id"] for content, of in self._of("watcher") if of == ("issue", name))
        own["files"] = self._files("issue", name)
        own["notes"] = [
            # The restored note begins with its first date.
            (content["notes"].rpartition(" UTC_\n\n")[2], content["private_notes"])
            for content, of in self._of("note")
            if of == ("issue", name)
        ]
        return own

    def _time(self, content: dict[str, Any]) -> dict[str, Any]:
        own = self._less(content, "project")
        if "issue" in own:
            own["issue"] = self._place("issue", own["issue"])
        return own

    def _wiki(self) -> dict[str, Any]:
        pages = {}
        for content, _ in self._of("wiki_page"):
            name = next(key[1] for key, held in self._found.items() if key[0] == "wiki_page" and held[0] is content)
            texts = [
                (version["version"], version["text"], version["comments"])
                for version, of in self._of("wiki_version")
                if of == ("wiki_page", name)
            ]
            pages[content["title"]] = {
                "parent": content.get("parent"),
                "texts": [text for _, *text in sorted(texts)],
                "files": self._files("wiki_page", name),
            }
        return pages

    def _files(self, kind: str, name: str) -> list[Any]:
        return sorted(
            (content["filename"], content["description"] or "", content["content_type"], self._bytes(file))
            for (what, file), (content, of) in self._found.items()
            if what == "attachment" and of == (kind, name)
        )

    def _bytes(self, file: str) -> str:
        return str(self._found["file", file][0]["sha256"])

    def _of(self, kind: str) -> list[Any]:
        return [held for key, held in self._in_order() if key[0] == kind]

    def _in_order(self) -> list[Any]:
        return sorted(self._found.items(), key=lambda found: (found[0][0], _number(found[0][1]), found[0][1]))

    def _names(self, kind: str) -> list[str]:
        return [name for (what, name), _ in self._in_order() if what == kind]

    def _place(self, kind: str, value: Any) -> Any:
        return self._places.get((kind, str(value["id"])), value["id"])

    def _less(self, content: dict[str, Any], *names: str) -> dict[str, Any]:
        own = {name: part for name, part in content.items() if name not in _NEW | set(names)}
        if "custom_fields" in own:
            # No value and an empty one look the same.
            own["custom_fields"] = [{**part, "value": part["value"] or None} for part in own["custom_fields"]]
        return own


def authors_of(world: World, place: str) -> list[int]:
    """Name who made each issue of a project, in order."""
    return _Shape(world, place).authors()


def _number(name: str) -> int:
    text = name.partition("@")[0]
    return int(text) if text.isdecimal() else 0

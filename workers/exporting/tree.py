"""Tree: where files lie in an archive: under the titles of what they lie in in the app."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.base import KindSpec
from store import canonical, versions
from store.errors import Corrupt, NotFound
from store.record import ConnectionId, ExternalId, JsonObject, Kind, ParentRef
from store.repository import Repository
from store.versions import Version

_LONGEST = 80
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_DEEPEST = 32


@dataclass(slots=True, kw_only=True)
class Tree:
    """Names files, each by a path of its own. Titles are remembered."""

    repository: Repository
    connection_id: ConnectionId
    seq: int
    kinds: Mapping[Kind, KindSpec]
    used: set[str] = field(default_factory=set)
    """Paths that were given, folded: not every file system tells capitals apart."""
    _titles: dict[tuple[Kind, ExternalId], tuple[str, ParentRef | None]] = field(default_factory=dict)

    async def path(self, file: Version, name: str) -> str:
        """Give a file's path in the archive."""
        folders: list[str] = []
        above = (await self._title(file.parent))[1] if file.parent is not None else None
        while above is not None and len(folders) < _DEEPEST:
            title, parent = await self._title(above)
            folders.append(_safe(title, above.external_id))
            above = parent
        folder = "/".join(["files", *reversed(folders)])
        plain = _safe(name, file.key.external_id)
        path = f"{folder}/{plain}"
        if path.casefold() in self.used:
            stem, dot, suffix = plain.rpartition(".")
            own = _safe(file.key.external_id, "file")
            path = f"{folder}/{stem} ({own}).{suffix}" if dot else f"{folder}/{plain} ({own})"
        self.used.add(path.casefold())
        return path

    async def _title(self, ref: ParentRef) -> tuple[str, ParentRef | None]:
        key = (ref.kind, ref.external_id)
        if key not in self._titles:
            async with self.repository.database.account(self.repository.account_id) as connection:
                version = await versions.as_of(connection, self.connection_id, *key, self.seq)
            self._titles[key] = ("", None) if version is None else (await self._read(version), version.parent)
        return self._titles[key]

    async def _read(self, version: Version) -> str:
        try:
            content: JsonObject = canonical.decode(await self.repository.read(version.content_id))
        except (Corrupt, NotFound):
            return ""
        spec = self.kinds.get(version.key.kind)
        value: object = content
        for step in (spec.title_field or "").split(".") if spec is not None else ():
            value = value.get(step) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""


def _safe(title: str, otherwise: str) -> str:
    """Make a title a name that every file system takes, and that leads nowhere else."""
    name = _UNSAFE.sub("_", title).strip(" .")[:_LONGEST].strip(" .")
    return name or _UNSAFE.sub("_", otherwise).strip(" .")[:_LONGEST] or "_"

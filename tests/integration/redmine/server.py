"""A real Redmine as its own client sees it: made to hold things, changed, and asked what it holds."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx

_WAIT_SECONDS = 120.0


class Unexpected(AssertionError):  # noqa: N818 - a test's own
    """The server answered otherwise than the test reckoned with."""


@dataclass(slots=True, kw_only=True)
class RealRedmine:
    """A server and its administrator's key."""

    url: str
    key: str
    database: str
    files: Path
    """Where the server keeps the bytes of attachments."""
    fresh: str
    """A copy of the database as it was at first."""
    acting_as: str | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=_WAIT_SECONDS))

    @classmethod
    def at(cls, addresses: Mapping[str, str]) -> Self:
        """Find it by what `tests.servers` says."""
        found = {
            name: addresses[f"HOLDFAST_TEST_REDMINE_{name}"] for name in ("URL", "KEY", "DATABASE", "FILES", "FRESH")
        }
        return cls(
            url=found["URL"],
            key=found["KEY"],
            database=found["DATABASE"],
            files=Path(found["FILES"]),
            fresh=found["FRESH"],
        )

    def close(self) -> None:
        self.http.close()

    def as_(self, login: str | None) -> Self:
        """Return the same server, written to in another's name."""
        return replace(self, acting_as=login)

    def ask(self, method: str, path: str, body: Any = None, *, expect: int | None = None, **more: Any) -> Any:
        """Send one request; its answer, which is not an error unless that is expected."""
        headers = {"X-Redmine-API-Key": self.key}
        if self.acting_as is not None:
            headers["X-Redmine-Switch-User"] = self.acting_as
        answer = self.http.request(
            method, self.url + path, json=body, headers={**headers, **more.pop("headers", {})}, **more
        )
        if (expect is not None or answer.is_error) and answer.status_code != expect:
            raise Unexpected(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        if not answer.content or "json" not in answer.headers.get("content-type", ""):
            return None
        return answer.json()

    def make(self, path: str, kind: str, **fields: Any) -> Any:
        """Make something, and return what the server says of it."""
        found = self.ask("POST", path, {kind: fields})
        return found[kind] if found else None

    def change(self, path: str, kind: str, **fields: Any) -> None:
        self.ask("PUT", path, {kind: fields})

    def delete(self, path: str, *, expect: int | None = None) -> None:
        self.ask("DELETE", path, expect=expect)

    def upload(self, name: str, content: bytes, media_type: str = "application/octet-stream") -> Mapping[str, str]:
        """Send a file; what to attach it by."""
        headers = {"Content-Type": "application/octet-stream"}
        found = self.ask("POST", f"/uploads.json?filename={name}", content=content, headers=headers)
        return {"token": found["upload"]["token"], "filename": name, "content_type": media_type}

    def issue(self, number: int) -> Any:
        path = f"/issues/{number}.json?include=journals,watchers,attachments,relations"
        return self.ask("GET", path)["issue"]

    def clear(self) -> None:
        """Be as new, as it was installed: the numbers of what is made next are the same every time."""
        with closing(sqlite3.connect(self.fresh)) as fresh:
            self._fill(fresh, {})

    def keep(self) -> Callable[[], None]:
        """Remember everything there is; returns what brings it back."""
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(self.database, timeout=60)) as live:
            live.backup(kept)
        files = {path.relative_to(self.files): path.read_bytes() for path in self.files.rglob("*") if path.is_file()}
        return lambda: self._fill(kept, files)

    def _fill(self, database: sqlite3.Connection, files: Mapping[Path, bytes]) -> None:
        with closing(sqlite3.connect(self.database, timeout=60)) as live:
            database.backup(live)
        for path in self.files.rglob("*"):
            if path.is_file() and path.relative_to(self.files) not in files:
                path.unlink()
        for name, content in files.items():
            if not (path := self.files / name).exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                shutil.chown(path, user=self.files.owner(), group=self.files.group())

    def sql(self, statement: str, *values: Any) -> None:
        """Change what no request can."""
        connection = sqlite3.connect(self.database, timeout=60)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def set(self, name: str, value: str) -> None:
        """Change a setting, as an administrator does in the browser. The server looks for changes at each request."""
        self.next_second()
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        self.sql("delete from settings where name = ?", name)
        self.sql("insert into settings (name, value, updated_on) values (?, ?, ?)", name, value, now)

    def comment_on_news(self, news_id: int, author_id: int, text: str) -> None:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        self.sql(
            "insert into comments (commented_type, commented_id, author_id, content, created_on, updated_on)"
            " values ('News', ?, ?, ?, ?, ?)",
            news_id,
            author_id,
            text,
            now,
            now,
        )

    @staticmethod
    def next_second() -> None:
        """Wait until the second is another one: the server's times have no parts of one."""
        time.sleep(1.02 - time.time() % 1)

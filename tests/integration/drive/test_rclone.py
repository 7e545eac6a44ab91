"""Debian's unmodified rclone, which knows Google's hosts alone: reads what the sync wrote, and writes here itself."""

import csv
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from connectors.google_drive.sandbox import Sandbox
from store import snapshots, versions
from store.files import decode_recipe
from tests.integration.workers.conftest import Bench, bench, runtime
from tests.integration.workers.drive_bench import DriveBench, drive_bench
from tests.integration.workers.fake_app import FakeApp
from tests.servers import tls_proxy

__all__ = ["bench", "runtime"]

pytestmark = pytest.mark.integration

HOSTS = ["www.googleapis.com", "oauth2.googleapis.com", "docs.google.com"]
SECONDS = 120


@dataclass
class Rclone:
    """The program, turned to a stand-in through a proxy."""

    program: str
    folder: Path
    proxy: tls_proxy.TlsProxy

    def run(self, *arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        done = subprocess.run(
            [
                self.program,
                "--config",
                str(self.folder / "rclone.conf"),
                "--ca-cert",
                str(self.proxy.ca_file),
                "--retries",
                "1",
                *arguments,
            ],
            env=environment | {"HTTPS_PROXY": self.proxy.url, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert 0 == done.returncode, done.stderr[-3000:]
        return done.stdout


@pytest.fixture(scope="session")
def program() -> str:
    found = shutil.which("rclone")
    if found is None:
        pytest.skip("SKIPPED: no rclone here (Debian: rclone): no independent reader was asked")
    return found


def rclone_of(google: Sandbox, program: str, folder: Path) -> Iterator[Rclone]:
    host, port = urlsplit(google.url).netloc.split(":")
    answer = google.grant()
    token = {
        "access_token": "ended",
        "token_type": "Bearer",
        "refresh_token": answer["refresh_token"],
        "expiry": "2026-01-01T00:00:00Z",
    }
    (folder / "rclone.conf").write_text(
        "[g]\ntype = drive\nscope = drive.file\n"
        f"client_id = {google.client.client_id}\nclient_secret = {google.client.secret}\ntoken = {json.dumps(token)}\n"
    )
    with tls_proxy.running(folder, target=(host, int(port)), hosts=HOSTS) as proxy:
        yield Rclone(program, folder, proxy)


@pytest.fixture
def app() -> FakeApp:
    return FakeApp(
        boards={
            "board0": {
                f"card{n}": {"name": f"Card {n}", "desc": '=SUM(1)\nline, "two"', "number": f"00{n}"} for n in range(30)
            },
            "board1": {"other": {"name": "Ünï ✓"}},
        },
        files={"card1": ("r1", b"a" * 10_000), "card2": ("r1", bytes(range(256)) * 40_000), "card3": ("r1", b"")},
    )


@pytest.fixture
async def copy(bench: Bench):
    async with drive_bench(bench) as made:
        await made.back_up()
        await made.sync()
        yield made


@pytest.fixture
def rclone(copy: DriveBench, program: str, tmp_path: Path) -> Iterator[Rclone]:
    yield from rclone_of(copy.google, program, tmp_path)


async def held(copy: DriveBench, bench: Bench) -> list[tuple[versions.Version, dict]]:
    """Every record of the newest snapshot, by the store alone."""
    async with bench.runtime.database.account(bench.account_id) as connection:
        latest = await snapshots.latest(connection, bench.connected.connection_id)
        rows = await versions.list_records(connection, bench.connected.connection_id, latest.seq, limit=10_000)
    repository = await bench.runtime.repository(bench.account_id)
    contents = await repository.read_many([row.content_id for row in rows])
    return [(row, orjson.loads(contents[row.content_id])) for row in rows]


async def test_what_the_sync_wrote_is_read_back_whole(copy: DriveBench, bench: Bench, rclone: Rclone, tmp_path: Path):
    records = await held(copy, bench)
    target = tmp_path / "read"
    rclone.run("copy", "--drive-export-formats", "csv", "g:Holdfast", str(target))
    board = target / "Fake" / "Board board0"

    files = {row.key.external_id: content for row, content in records if row.key.kind == "file"}
    assert len(files) == 3
    for content in files.values():
        recipe = decode_recipe(orjson.dumps(content))
        assert recipe.sha256 == sha256((board / "Files" / recipe.name).read_bytes()).hexdigest()
    lines = [orjson.loads(line) for line in (board / "records.jsonl").read_bytes().splitlines()]
    expected = {
        (row.key.kind, row.key.external_id): {name: value for name, value in content.items() if name != "chunks"}
        for row, content in records
        if row.key.workspace_id == "board0"
    }
    assert expected == {(line["kind"], line["id"]): line["content"] for line in lines}
    cards = list(csv.DictReader(io.StringIO((board / "Card.csv").read_bytes().decode(), newline="")))
    assert {
        (row.key.external_id, content["name"], content["desc"], content["number"])
        for row, content in records
        if row.key.kind == "card" and row.key.workspace_id == "board0"
    } == {(card["id"], card["name"], card["desc"], card["number"]) for card in cards}
    assert "Ünï ✓" in (target / "Fake" / "Board board1" / "Card.csv").read_text()
    assert "snapshot 1, taken" in (target / "README.txt").read_text()


async def test_checksums_are_the_ones_of_the_backup(copy: DriveBench, bench: Bench, rclone: Rclone):
    listed = json.loads(rclone.run("lsjson", "-R", "--hash", "g:Holdfast/Fake/Board board0/Files"))
    sizes = {each["Name"]: each["Size"] for each in listed}
    recipes = [content for row, content in await held(copy, bench) if row.key.kind == "file"]

    assert {recipe["name"]: recipe["bytes"] for recipe in recipes} == sizes
    assert {"www.googleapis.com", "oauth2.googleapis.com"} == set(rclone.proxy.hosts)


async def test_a_later_sync_is_all_that_rclone_sees_change(copy: DriveBench, rclone: Rclone, tmp_path: Path):
    target = tmp_path / "read"
    rclone.run("copy", "--drive-skip-gdocs", "g:Holdfast", str(target))
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    copy.bench.app.files["card1"] = ("r2", b"changed")
    await copy.back_up()
    await copy.sync()
    rclone.run("sync", "--checksum", "--drive-skip-gdocs", "g:Holdfast", str(target))
    after = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}

    changed = {str(path.relative_to(target)) for path in after if before.get(path) != after[path]}
    assert {"README.txt", "Fake/Board board0/Files/card1.bin", "Fake/Board board0/records.jsonl"} == changed
    assert before.keys() == after.keys()


def test_the_stand_in_bears_what_rclone_writes(program: str, tmp_path: Path):
    source = tmp_path / "source"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "small.txt").write_text("hello")
    (source / "deep" / "er" / "it's \\ odd.bin").write_bytes(bytes(range(256)) * 80_000)
    (source / "empty").write_bytes(b"")
    with Sandbox() as google:
        for rclone in rclone_of(google, program, tmp_path):
            rclone.run("copy", str(source), "g:up")
            rclone.run("check", "--download", str(source), "g:up")
            (source / "small.txt").write_text("changed")
            (source / "empty").unlink()
            rclone.run("sync", "--checksum", str(source), "g:up")
            rclone.run("check", "--download", str(source), "g:up")
            about = json.loads(rclone.run("about", "--json", "g:"))
            rclone.run("moveto", "g:up/small.txt", "g:up/deep/moved.txt")
            paths = set(google.hand.paths())

    assert 20_480_007 == about["used"] - about["trashed"]
    assert {"up/deep/moved.txt", "up/deep/er/it's \\ odd.bin"} < paths
    assert not {"up/small.txt", "up/empty"} & paths

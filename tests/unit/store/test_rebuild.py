"""Rebuild: Postgres is lost, and made again from the bucket and the master key: the same rows, and on from there."""

import random
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from store import accounts, canonical, catalog, connected_apps, manifest, members, snapshots
from store.account_keys import create_account_keys
from store.backends.folder import FolderBackend
from store.checkpoint import Checkpoint
from store.cycle import Cycle
from store.database import Database
from store.errors import Conflict, Corrupt, NotFound
from store.files import FileMeta
from store.keys import AccountKeys
from store.log import Log, consistency_proof
from store.master_keys import LocalMasterKey, MasterKeys
from store.members import Role
from store.pack import object_key
from store.rebuild.account import AUTHORISE
from store.rebuild.bucket import rebuild
from store.rebuild.found import LossCode
from store.record import ConnectionId, ExternalId, Kind, OperationId, ParentRef, Record, WorkspaceId
from store.repository import Repository

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
CARD, LIST = Kind("card"), Kind("list")
MASTERS = MasterKeys(LocalMasterKey(bytes(range(32))))
WORDS = [f"word{number}" for number in range(2000)]


def record(number: int, text: str, *, workspace: str = "board", kind: Kind = CARD) -> Record:
    said = " ".join(random.Random(f"{kind}{number}{text}").choices(WORDS, k=60))
    return Record(
        workspace_id=WorkspaceId(workspace),
        kind=kind,
        external_id=ExternalId(f"{number:04d}"),
        content={"id": number, "name": text, "desc": said},
        parent=None if kind == LIST else ParentRef(kind=LIST, external_id=ExternalId("0001")),
        changed_at=NOW if number % 3 else None,
        changed_by="mary" if number % 2 else None,
    )


class Kept:
    """One account with one connection, and the app that it is connected to, as a dictionary."""

    def __init__(self, database: Database, backend: FolderBackend, keys: AccountKeys, connection_id: ConnectionId):
        self.database = database
        self.backend = backend
        self.keys = keys
        self.connection_id = connection_id
        self.app: dict[tuple[Kind, int], Record] = {}
        self.files: dict[str, bytes] = {}
        self.clock = NOW
        self.repository = Repository(database, backend, keys)

    async def back_up(self, *, published: bool = True):
        """Read the app and commit."""
        self.clock += timedelta(days=1)
        async with Cycle.open(self.repository, self.connection_id, OperationId(uuid4()), self.clock) as cycle:
            for kind in (LIST, CARD):
                of_kind = [found for (its_kind, _), found in sorted(self.app.items()) if its_kind == kind]
                for at in range(0, len(of_kind), 100):
                    await cycle.put(of_kind[at : at + 100])
            for name, data in self.files.items():
                await cycle.put_file(self._meta(name, data), _stream(data))
            for workspace in ("board", "other"):
                await cycle.complete(WorkspaceId(workspace), [LIST, CARD, Kind("file")])
            snapshot = await cycle.commit({"read_at": self.clock.isoformat()}, self.clock)
            self.stored = cycle._writer.stored_bytes
        await catalog.keep(self.database, self.backend, self.keys)
        if published:
            await Log(self.repository).publish()
        return snapshot

    def _meta(self, name: str, data: bytes) -> FileMeta:
        return FileMeta(
            workspace_id=WorkspaceId("board"),
            external_id=ExternalId(name),
            parent=ParentRef(kind=CARD, external_id=ExternalId("0001")),
            name=name,
            media_type="text/plain",
            revision=str(len(data)),
        )

    async def history(self) -> list[tuple]:
        """Every snapshot as it reads, contents and all."""
        told = []
        async with self.database.account(self.keys.account_id) as connection:
            rows = await connection.fetch(
                "select * from versions where connection_id = $1 order by kind, external_id, from_seq",
                self.connection_id,
            )
        plains = await Repository(self.database, self.backend, self.keys).read_many(
            [row["content_id"] for row in rows if row["content_id"]]
        )
        for row in rows:
            of_row = {name: value for name, value in row.items() if name not in ("pack_no", "other_pack_nos")}
            told.append((of_row, plains[row["content_id"]]))
        return told


async def _stream(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def new_kept(database: Database, backend: FolderBackend, name: str) -> Kept:
    async with database.system() as connection:
        account = await accounts.create(connection, name=name, time_zone="Europe/Berlin")
        keys = await create_account_keys(connection, backend, MASTERS, account.account_id)
        await members.create(
            connection, account_id=account.account_id, email="mary@example.com", name="Mary", role=Role.OWNER
        )
        connected = await connected_apps.create(
            connection, account_id=account.account_id, app="trello", name=f"{name}'s boards", excluded=["secret"]
        )
    return Kept(database, backend, keys, connected.connection_id)


@dataclass(frozen=True)
class Past:
    """What an account was when its Postgres was lost: made once, because every test begins there."""

    bucket: Path
    kept: Kept
    dump: dict[str, list]
    history: list[tuple]
    places: dict[str, tuple[str, int]]
    """Of some records: the object that the first version's content lies in, and where its block starts."""


_past: list[Past] = []


async def make_past(database: Database, folder: Path) -> Past:
    """Five snapshots: full and small packs, a dictionary, files, a move, deletions, one in which nothing changed."""
    made = await new_kept(database, FolderBackend(folder), "Acme")
    made.app = {(CARD, number): record(number, "as it was") for number in range(250)}
    made.app |= {(LIST, number): record(number, "a list", kind=LIST) for number in range(3)}
    made.files = {"f1": random.Random(1).randbytes(3_000_000), "f2": b"small", "f3": b""}
    await made.back_up()
    made.app[CARD, 7] = record(7, "edited")
    made.app[CARD, 8] = record(8, "as it was", workspace="other")
    del made.app[CARD, 9]
    made.app[CARD, 900] = record(900, "new")
    await made.back_up()
    await made.back_up()
    made.app[CARD, 7] = record(7, "edited again")
    made.app[CARD, 9] = record(9, "back again")
    made.files["f1"] = made.files["f1"][:1_000_000] + b"!" + made.files["f1"][1_000_000:]
    await made.back_up()
    made.app |= {(CARD, number): record(number, "many changed") for number in range(100, 140)}
    await made.back_up()
    async with database.account(made.keys.account_id) as connection:
        rows = await connection.fetch(_PLACES, made.connection_id)
    places = {row["external_id"]: (object_key(row["pack_id"]), row["block_offset"]) for row in rows}
    return Past(bucket=folder, kept=made, dump=await dump(made), history=await made.history(), places=places)


_PLACES = """
    select distinct on (v.external_id) v.external_id, p.pack_id, c.block_offset
    from versions v join chunks c on c.chunk_id = v.content_id join packs p on p.pack_no = c.pack_no
    where v.connection_id = $1 and v.kind = 'card' order by v.external_id, v.from_seq
"""


@pytest.fixture
def backend(tmp_path) -> FolderBackend:
    return FolderBackend(tmp_path / "bucket")


@pytest.fixture
async def past(database, tmp_path_factory) -> Past:
    if not _past:
        _past.append(await make_past(database, tmp_path_factory.mktemp("past")))
        await lose(database)
    return _past[0]


@pytest.fixture
async def kept(database, backend, past) -> Kept:
    """The account on a Postgres that lost everything, with a bucket of the test's own."""
    shutil.copytree(past.bucket, backend.folder, dirs_exist_ok=True)
    one = Kept(database, backend, past.kept.keys, past.kept.connection_id)
    one.app, one.files, one.clock = dict(past.kept.app), dict(past.kept.files), past.kept.clock
    return one


async def lose(database: Database) -> None:
    """Lose everything that Postgres held."""
    async with database.system() as connection:
        tables = await connection.fetch(
            "select tablename from pg_tables where schemaname = 'public' and tablename not like '%migration%'"
        )
        await connection.execute(f"truncate {', '.join(row['tablename'] for row in tables)} cascade")


async def dump(kept: Kept) -> dict[str, list]:
    """All rows that a rebuild brings back, by ids rather than numbers where numbers are Postgres' own."""
    queries = {
        "accounts": "select * from accounts",
        "keys": "select account_id, master_key_id, wrapped from account_keys",
        "members": "select * from members order by email",
        "connections": "select connection_id, app, name, scope, created_at from connections",
        "snapshots": "select * from snapshots order by seq",
        "packs": "select pack_id, salt, size_bytes, chunk_count from packs order by pack_id",
        "chunks": """
            select c.chunk_id, p.pack_id, c.block_no, c.block_offset, c.block_size, c.chunk_offset, c.chunk_size,
                   c.codec, d.pack_id as dictionary, c.dictionary_block_no
            from chunks c join packs p using (pack_no) left join packs d on d.pack_no = c.dictionary_pack_no
            order by c.chunk_id, p.pack_id""",
        "dictionaries": """
            select d.kind, p.pack_id, d.block_no, d.block_offset, d.block_size
            from dictionaries d join packs p using (pack_no) order by kind""",
        "needed": "select p.pack_id from pack_uses join packs p using (pack_no) order by 1",
        "log": "select origin, size, signed_size, signed_root, checkpoint, published_size from logs",
        "log entries": "select entry_no, kind, snapshot_id, entry from log_entries order by entry_no",
        "log hashes": "select level, number, hash from log_hashes order by level, number",
        "log keys": "select vkey, sealed, retired_at from log_keys order by vkey",
    }
    async with kept.database.account(kept.keys.account_id) as connection:
        return {name: [dict(row) for row in await connection.fetch(query)] for name, query in queries.items()}


async def test_all_rows_come_back(database, backend, kept, past):
    found = await rebuild(database, backend, MASTERS)

    assert [] == found.losses
    assert past.dump == await dump(kept)
    assert past.history == await kept.history()
    assert (1, 1, 5, len(past.history), len(past.dump["packs"]), len(past.dump["chunks"])) == (
        found.accounts,
        found.connections,
        found.snapshots,
        found.versions,
        found.packs,
        found.chunks,
    )


async def test_the_next_cycle_goes_on_as_if_nothing_had_been(database, backend, kept):
    await rebuild(database, backend, MASTERS)
    async with database.account(kept.keys.account_id) as connection:
        latest = await snapshots.latest(connection, kept.connection_id)
    unchanged = await kept.back_up()
    stored_unchanged = kept.stored
    kept.app[CARD, 7] = record(7, "edited after all")
    changed = await kept.back_up()

    assert {"read_at": latest.finished_at.isoformat()} == latest.connector_state
    assert (6, 0, latest.tree_root) == (unchanged.seq, stored_unchanged, unchanged.tree_root)
    assert (7, 1, 0) == (changed.seq, changed.edited, changed.added + changed.deleted + changed.moved)
    # With its dictionary, and without what is held already.
    assert kept.stored < 3000


async def test_what_was_rebuilt_can_be_rebuilt(database, backend, kept):
    await rebuild(database, backend, MASTERS)
    kept.app[CARD, 11] = record(11, "edited between")
    await kept.back_up()
    before, history = await dump(kept), await kept.history()
    await lose(database)
    found = await rebuild(database, backend, MASTERS)

    assert [] == found.losses
    assert (before, history) == (await dump(kept), await kept.history())


async def test_the_log_goes_on_and_never_forks(database, backend, kept):
    signed = backend.get(f"logs/{kept.keys.account_id}/checkpoint")
    await rebuild(database, backend, MASTERS)
    kept.app[CARD, 11] = record(11, "edited")
    await kept.back_up()
    grown = Checkpoint.read(backend.get(f"logs/{kept.keys.account_id}/checkpoint"))
    async with database.account(kept.keys.account_id) as connection:
        path = await consistency_proof(connection, kept.keys.account_id, Checkpoint.read(signed).size, grown.size)

    assert Checkpoint.read(signed).size + 1 == grown.size
    assert path is not None


async def test_a_new_postgres_does_not_begin_a_second_log(database, backend, kept):
    """An account put back by hand, without its log: nothing is signed beside what the bucket holds."""
    async with database.system() as connection:
        await accounts.create(connection, name="By hand", account_id=kept.keys.account_id)
        await connected_apps.create(
            connection, account_id=kept.keys.account_id, app="trello", name="t", connection_id=kept.connection_id
        )

    with pytest.raises(Corrupt, match="holdfast rebuild"):
        await kept.back_up()


async def test_connections_wait_to_be_authorised_again(database, backend, kept):
    await rebuild(database, backend, MASTERS)
    async with database.account(kept.keys.account_id) as connection:
        (connected,) = await connected_apps.every(connection, kept.keys.account_id)

    assert ("needs_attention", AUTHORISE) == (connected.status, connected.status_reason)
    assert frozenset({"secret"}) == connected.excluded


async def test_two_accounts_come_back_apart(database, backend, kept):
    await rebuild(database, backend, MASTERS)
    other = await new_kept(database, backend, "Other")
    other.app = {(CARD, number): record(number, "as it was") for number in range(20)}
    await other.back_up()
    before = [(await dump(one), await one.history()) for one in (kept, other)]
    await lose(database)
    found = await rebuild(database, backend, MASTERS)

    assert ([], 2, 6) == (found.losses, found.accounts, found.snapshots)
    assert before == [(await dump(one), await one.history()) for one in (kept, other)]


async def test_what_no_checkpoint_covers_is_left_out(database, backend, kept, past):
    await rebuild(database, backend, MASTERS)
    kept.app[CARD, 1] = record(1, "never complete")
    await kept.back_up(published=False)
    await lose(database)
    found = await rebuild(database, backend, MASTERS)

    assert [LossCode.MANIFEST_UNLOGGED] == [loss.code for loss in found.losses]
    assert past.history == await kept.history()


async def test_a_database_that_holds_accounts_is_refused(database, backend, kept):
    await rebuild(database, backend, MASTERS)
    with pytest.raises(Conflict, match="empty"):
        await rebuild(database, backend, MASTERS)


async def test_a_bucket_without_accounts_is_refused(database, backend):
    with pytest.raises(NotFound, match="no account"):
        await rebuild(database, backend, MASTERS)


async def test_a_wrong_master_key_is_named(database, backend, kept):
    found = await rebuild(database, backend, MasterKeys(LocalMasterKey(bytes(32))))

    assert [(LossCode.KEYS_UNUSABLE, f"accounts/{kept.keys.account_id}/keys")] == [
        (loss.code, loss.where) for loss in found.losses
    ]


@pytest.mark.parametrize("after", [1, 3])
async def test_an_interrupted_rebuild_is_resumed(database, kept, past, after):
    class PulledError(Exception):
        pass

    told = []

    def pull(what: str) -> None:
        told.append(what)
        if len(told) == after:
            raise PulledError

    with pytest.raises(PulledError):
        await rebuild(database, kept.backend, MASTERS, tell=pull)
    found = await rebuild(database, kept.backend, MASTERS, resume=True)

    assert [] == found.losses
    assert (past.dump, past.history) == (await dump(kept), await kept.history())


async def test_resuming_leaves_alone_what_is_whole(database, backend, kept, past):
    await rebuild(database, backend, MASTERS)
    found = await rebuild(database, backend, MASTERS, resume=True)

    assert (0, 0) == (found.accounts, found.loss_count)
    assert past.dump == await dump(kept)


def told(history: list[tuple]) -> dict[tuple, bytes]:
    return {(row["kind"], row["external_id"], row["from_seq"]): plain for row, plain in history}


async def test_a_lost_pack_costs_what_it_held(database, backend, kept, past):
    """Here a small cycle's pack, and so its journal too. It is named; nothing is made up in its place."""
    name, _ = past.places["0900"]
    backend.delete([name])
    found = await rebuild(database, backend, MASTERS)

    assert name in {loss.where for loss in found.losses}
    assert {LossCode.JOURNAL_LOST, LossCode.TREE_DIFFERS} <= {loss.code for loss in found.losses}
    assert told(await kept.history()).items() < told(past.history).items()
    assert 5 == found.snapshots


async def test_a_damaged_block_is_named(database, backend, kept, past):
    name, block_offset = past.places["0005"]
    data = bytearray(backend.get(name))
    data[block_offset + 40] ^= 1
    backend.replace(name, bytes(data))
    found = await rebuild(database, backend, MASTERS)
    where = {loss.where for loss in found.losses if loss.code == LossCode.RECORD_LOST}

    assert "record/board/card/0005 in snapshot 1" in where
    assert told(await kept.history()).items() < told(past.history).items()
    assert 5 == found.snapshots


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("manifests", LossCode.MANIFEST_LOST),
        ("logs/{account}/checkpoint", LossCode.LOG_LOST),
        ("logs/{account}/tile/entries", LossCode.LOG_LOST),
        ("logs/{account}/keys", LossCode.LOG_LOST),
        ("accounts/{account}/catalog", LossCode.CATALOG_LOST),
        ("objects", LossCode.PACKS_DIFFER),
    ],
)
@pytest.mark.parametrize("how", ["lost", "damaged"])
async def test_every_other_object_that_is_missing_or_damaged_is_named(database, kept, place, code, how):
    backend = kept.backend
    names = sorted(backend.list(place.format(account=kept.keys.account_id)))
    name = names[1] if place == "manifests" else names[-1]
    if how == "lost":
        backend.delete([name])
    else:
        data = bytearray(backend.get(name))
        data[len(data) // 2] ^= 0xFF
        backend.replace(name, bytes(data))
    found = await rebuild(database, backend, MASTERS)

    assert code in {loss.code for loss in found.losses}
    assert found.snapshots >= 4
    assert await kept.history()


async def test_without_its_log_an_account_reads_and_is_not_backed_up(database, backend, kept, past):
    backend.delete([f"logs/{kept.keys.account_id}/checkpoint"])
    found = await rebuild(database, backend, MASTERS)

    assert [LossCode.LOG_LOST] == [loss.code for loss in found.losses]
    assert past.history == await kept.history()
    with pytest.raises(Corrupt):
        await kept.back_up()


async def test_an_attempt_that_failed_is_not_taken_for_a_snapshot_without_a_log(database, backend, kept, past):
    text = past.dump["snapshots"][2]["manifest"]
    stray = manifest.seal(kept.keys, text, {"stray": True})
    backend.put(manifest.object_name(kept.connection_id, 3, stray), stray)
    backend.delete(list(backend.list(f"logs/{kept.keys.account_id}/")))
    found = await rebuild(database, backend, MASTERS)

    assert [] == found.losses
    assert past.history == await kept.history()


def test_samples_are_as_large_as_they_must_be():
    """Cards make a dictionary: all of them fill more than a small block."""
    assert 32 * 1024 < sum(len(canonical.encode(record(n, "as it was").content)) for n in range(250))

"""Our uploads against the stand-in: whole, in pieces, broken, resumed, refused."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

import pytest

from connectors.errors import BadReply, Forbidden, Gone, Retriable, Unauthorised
from connectors.google_drive.client import DriveClient, quoted
from connectors.google_drive.errors import DAY_SECONDS, DriveFull, DriveLimited, Exists
from connectors.google_drive.file import DriveFile
from connectors.google_drive.pace import Paces
from connectors.google_drive.sandbox import Sandbox
from connectors.google_drive.upload import STEP_BYTES, Target, upload
from tests.contract.google_drive.conftest import noise

PIECE_BYTES = 2 * STEP_BYTES
SMALL_BYTES = 300_000
BIG = PIECE_BYTES * 2 + 12_345
UPLOADS = r"PUT /upload"


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces that do not take seconds to make up and to hash."""
    monkeypatch.setattr("connectors.google_drive.upload.PIECE_BYTES", PIECE_BYTES)
    monkeypatch.setattr("connectors.google_drive.upload.SMALL_BYTES", SMALL_BYTES)


@dataclass
class Bytes:
    data: bytes = field(repr=False)
    is_known: bool = True
    media_type: str = "application/octet-stream"
    reads: list[int] = field(default_factory=list)

    @property
    def size_bytes(self) -> int | None:
        return len(self.data) if self.is_known else None

    @property
    def sha256(self) -> str | None:
        return sha256(self.data).hexdigest() if self.is_known else None

    async def read(self, start: int) -> AsyncIterator[bytes]:
        self.reads.append(start)
        for at in range(start, len(self.data), 100_000):
            yield self.data[at : at + 100_000]


@dataclass
class Kept:
    sessions: list[str] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)

    async def began(self, session: str) -> None:
        self.sessions.append(session)

    async def ending(self, sha256: str) -> None:
        self.endings.append(sha256)


async def new(drive: DriveClient, **more) -> Target:
    (file_id,) = await drive.new_ids(1)
    return Target(file_id=file_id, is_new=True, metadata={"name": "file", "parents": ["root"], **more})


async def sent(drive: DriveClient, source: Bytes, kept: Kept | None = None, *, session: str | None = None) -> DriveFile:
    return await upload(drive, await new(drive), source, kept or Kept(), session=session)


def held(sandbox: Sandbox, file: DriveFile) -> bytes | None:
    return sandbox.world.items[file.file_id].content


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("size_bytes", [0, 1, SMALL_BYTES, SMALL_BYTES + 1, PIECE_BYTES * 2, BIG])
async def test_what_is_sent_is_what_drive_holds(sandbox, drive, size_bytes, is_known):
    source, kept = Bytes(noise(size_bytes), is_known), Kept()
    file = await sent(drive, source, kept)

    assert source.data == held(sandbox, file)
    assert (size_bytes > SMALL_BYTES) is bool(kept.sessions)
    assert sha256(source.data).hexdigest() == kept.endings[-1]


async def test_every_piece_but_the_last_is_a_multiple_of_256_kib(sandbox, drive):
    await sent(drive, Bytes(noise(BIG)))

    ranges = [seen.headers["content-range"] for seen in sandbox.api.requests if seen.method == "PUT"]
    assert 3 == len(ranges)
    for text in ranges[:-1]:
        first, last = text.removeprefix("bytes ").partition("/")[0].split("-")
        assert 0 == (int(last) - int(first) + 1) % STEP_BYTES


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("kind", ["reset", "lost", "partial", "reason"])
@pytest.mark.parametrize("skip", [0, 1, 2])
async def test_a_break_at_any_piece_is_gone_on_from(sandbox, drive, kind, skip, is_known):
    sandbox.fail(kind, UPLOADS, skip=skip)
    source = Bytes(noise(BIG), is_known)
    file = await sent(drive, source)

    assert source.data == held(sandbox, file)
    assert 1 == len(sandbox.world.items)
    assert 1 == sandbox.faults.struck[kind]


async def test_the_server_s_word_counts_when_it_holds_less_than_was_sent(sandbox, drive):
    sandbox.fail("partial", UPLOADS, times=3, keep_bytes=STEP_BYTES)
    source = Bytes(noise(BIG))
    file = await sent(drive, source)

    assert source.data == held(sandbox, file)
    assert {STEP_BYTES, 2 * STEP_BYTES, 3 * STEP_BYTES} <= set(source.reads)


async def test_a_session_that_is_over_is_begun_again(sandbox, drive):
    sandbox.fail("session_gone", UPLOADS, skip=1)
    source, kept = Bytes(noise(BIG)), Kept()
    file = await sent(drive, source, kept)

    assert source.data == held(sandbox, file)
    assert 2 == len(kept.sessions)


@pytest.mark.parametrize("is_known", [True, False])
async def test_another_process_goes_on_with_a_session(sandbox, drive, is_known):
    source, kept = Bytes(noise(BIG), is_known), Kept()
    sandbox.fail("reason", UPLOADS, skip=1, times=None, status=503)
    with pytest.raises(Retriable):
        await sent(drive, source, kept)
    sandbox.faults.waiting.clear()
    sandbox.api.requests.clear()
    file = await upload(drive, await new(drive), source, kept, session=kept.sessions[0])
    pieces = [seen.headers["content-range"] for seen in sandbox.api.requests if seen.method == "PUT"]

    assert source.data == held(sandbox, file)
    assert (1, 1) == (len(kept.sessions), len(sandbox.world.items))
    total = BIG if is_known else "*"
    assert [f"bytes */{total}", f"bytes {PIECE_BYTES}-{2 * PIECE_BYTES - 1}/{total}"] == pieces[:2]


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_session_that_had_ended_before_its_reply_was_lost_gives_its_file(sandbox, drive, is_known):
    source, kept = Bytes(noise(BIG), is_known), Kept()
    first = await sent(drive, source, kept)
    again = await upload(drive, await new(drive), source, kept, session=kept.sessions[0])

    assert first == again


async def test_an_old_session_is_over_after_a_week(sandbox, drive):
    source, kept = Bytes(noise(BIG)), Kept()
    target = await new(drive)
    sandbox.fail("reason", UPLOADS, skip=1, times=None, status=503)
    with pytest.raises(Retriable):
        await upload(drive, target, source, kept)
    sandbox.faults.waiting.clear()
    sandbox.world.clock.advance(7 * 24 * 3600)
    file = await upload(drive, target, source, kept, session=kept.sessions[0])

    assert source.data == held(sandbox, file)
    assert 2 == len(kept.sessions)


@pytest.mark.parametrize("size_bytes", [10, BIG])
async def test_a_lost_reply_to_a_create_makes_no_duplicate(sandbox, drive, size_bytes):
    source, target = Bytes(noise(size_bytes)), await new(drive)
    sandbox.fail("lost", r"POST /upload")
    file = await upload(drive, target, source, Kept())

    assert source.data == held(sandbox, file)
    assert [target.file_id] == list(sandbox.world.items)


@pytest.mark.parametrize("size_bytes", [10, BIG])
async def test_a_create_that_was_done_before_with_other_bytes_replaces_them(sandbox, drive, size_bytes):
    target = await new(drive)
    await upload(drive, target, Bytes(b"older"), Kept())
    source = Bytes(noise(size_bytes))
    file = await upload(drive, target, source, Kept())

    assert source.data == held(sandbox, file)
    assert [target.file_id] == list(sandbox.world.items)


@pytest.mark.parametrize("size_bytes", [10, BIG])
async def test_bytes_that_arrive_wrong_are_sent_again_and_then_refused(sandbox, drive, size_bytes):
    sandbox.fail("garbled", r"(POST|PUT) /upload.*(multipart|upload_id)", skip=0 if size_bytes == 10 else 2)
    source = Bytes(noise(size_bytes))
    file = await sent(drive, source)
    sandbox.fail("garbled", r"/upload", times=None)

    assert source.data == held(sandbox, file)
    with pytest.raises(BadReply, match="other bytes than were sent"):
        await sent(drive, source)


async def test_a_full_drive_is_said_at_once(sandbox, drive, waits):
    sandbox.owner.limit_bytes = 1000
    for size_bytes in (1001, BIG):
        with pytest.raises(DriveFull, match="the Drive is full"):
            await sent(drive, Bytes(noise(size_bytes)))

    assert [] == waits
    assert {} == sandbox.world.items


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (403, "dailyLimitExceeded", DriveLimited),
        (403, "storageQuotaExceeded", DriveFull),
        (403, "quotaExceeded", DriveFull),
        (403, "teamDriveFileLimitExceeded", DriveFull),
        (403, "numChildrenInNonRootLimitExceeded", DriveFull),
        (403, "activeItemCreationLimitExceeded", DriveFull),
        (403, "appNotAuthorizedToFile", Forbidden),
        (403, "insufficientFilePermissions", Forbidden),
        (403, "domainPolicy", Forbidden),
        (403, "insufficientPermissions", Forbidden),
        (404, "notFound", Gone),
        (409, "fileIdInUse", Exists),
        (400, "badRequest", BadReply),
    ],
)
async def test_each_reason_means_what_the_table_says(sandbox, drive, status, reason, expected):
    sandbox.fail("reason", r"GET /drive/v3/about", status=status, reason=reason, times=None)
    with pytest.raises(expected, match=reason) as raised:
        await drive.about()

    assert 1 == len(sandbox.api.requests)
    if expected is DriveLimited:
        assert DAY_SECONDS == raised.value.after_seconds


@pytest.mark.parametrize("reason", ["userRateLimitExceeded", "rateLimitExceeded"])
async def test_a_rate_limit_is_backed_off_from(sandbox, drive, waits, reason):
    sandbox.fail("reason", r"GET /drive/v3/about", status=403, reason=reason, times=3)

    assert "ada@example.com" == (await drive.about()).email
    assert [True, True, True] == [2**at <= wait <= 2**at + 1 for at, wait in enumerate(waits)]


async def test_a_rate_limit_that_stays_ends(sandbox, drive):
    sandbox.fail("reason", r"GET /drive/v3/about", status=403, reason="userRateLimitExceeded", times=None)
    with pytest.raises(DriveLimited):
        await drive.about()

    assert 7 == len(sandbox.api.requests)


async def test_a_server_fault_is_retried_and_then_retriable(sandbox, drive):
    sandbox.fail("reason", r"GET /drive/v3/about", status=503, reason="backendError")
    await drive.about()
    sandbox.fail("reason", r"GET /drive/v3/about", status=503, reason="backendError", times=None)
    with pytest.raises(Retriable):
        await drive.about()


async def test_a_429_is_honoured_with_its_retry_after(sandbox, drive, waits):
    sandbox.fail("reason", r"GET /drive", status=429, reason="rateLimitExceeded", retry_after="7")
    await drive.about()

    assert 7.0 in waits


async def test_a_token_is_renewed_once(sandbox, drive):
    sandbox.oauth.expire_access()
    await drive.about()
    sandbox.fail("reason", r"GET /drive", status=401, reason="authError", times=None)
    with pytest.raises(Unauthorised, match="authError"):
        await drive.about()

    assert 2 == drive.tokens.renewals


async def test_a_folder_is_made_once_whatever_becomes_of_the_reply(sandbox, drive):
    (file_id,) = await drive.new_ids(1)
    sandbox.fail("lost", r"POST /drive/v3/files")
    folder = await drive.folder(file_id=file_id, name="F", parent_id=None, properties={"k": "v"})

    assert (file_id, {"k": "v"}, sandbox.owner.root_id) == (folder.file_id, folder.app_properties, folder.parent_id)
    assert [file_id] == list(sandbox.world.items)


async def test_what_must_not_be_repeated_is_not(sandbox, drive):
    sandbox.fail("lost", r"POST /drive/v3/files")
    with pytest.raises(Retriable, match="may have been carried out"):
        await drive.create({"name": "S", "mimeType": "application/vnd.google-apps.spreadsheet"}, repeatable=False)

    assert 1 == len(sandbox.world.items)


async def test_listing_finds_everything_page_by_page(sandbox, drive, monkeypatch):
    monkeypatch.setattr("connectors.google_drive.client.PAGE", 2)
    names = {f"it's {number} \\" for number in range(5)}
    for name in names:
        (file_id,) = await drive.new_ids(1)
        await drive.folder(file_id=file_id, name=name, parent_id=None, properties={"k": name[:7]})

    assert names == {each.name for each in await drive.find("trashed = false")}
    (third,) = await drive.find("name = " + quoted("it's 3 \\"))
    assert [third] == await drive.find("appProperties has { key='k' and value=" + quoted("it's 3 ") + " }")


async def test_changes_are_read_to_their_end(sandbox, drive, monkeypatch):
    monkeypatch.setattr("connectors.google_drive.client.PAGE", 2)
    token = await drive.change_token()
    ids = await drive.new_ids(5)
    for file_id in ids:
        await drive.folder(file_id=file_id, name=file_id, parent_id=None, properties={})
    sandbox.hand.delete(ids[0])
    changes, after = await drive.changes(token)

    assert set(ids) == {change.file_id for change in changes}
    assert [ids[0]] == [change.file_id for change in changes if change.file is None]
    assert ([], after) == await drive.changes(after)


async def test_a_token_of_the_feed_that_is_not_taken_any_more_is_told(drive):
    with pytest.raises(BadReply, match="Invalid Value"):
        await drive.changes("999999")


async def test_each_person_s_rates_are_kept_to(sandbox, drive, waits):
    paced = replace(drive, settings=replace(drive.settings, paces=Paces()))
    sheet = await drive.create({"name": "S", "mimeType": "application/vnd.google-apps.spreadsheet"}, repeatable=False)
    for _ in range(61):
        await paced.read_sheet(f"/v4/spreadsheets/{sheet.file_id}")
    once = sum(waits)
    await replace(paced, owner="bob").read_sheet(f"/v4/spreadsheets/{sheet.file_id}")

    assert 60.0 <= once < 61.0
    assert once == sum(waits)

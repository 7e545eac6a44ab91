import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import master_keys
from store.errors import Corrupt, Invalid, KeyMissing
from store.master_keys import LocalMasterKey, MasterKeys
from store.record import AccountId

ACCOUNT = AccountId(UUID("00000000-0000-4000-8000-000000000001"))
OTHER = AccountId(UUID("00000000-0000-4000-8000-000000000002"))
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLAIN = bytes(128)


def text(*keys: bytes) -> str:
    return "\n".join(base64.b64encode(key).decode() for key in keys)


def test_what_is_wrapped_unwraps() -> None:
    ring = MasterKeys.from_text(text(NEW))

    assert PLAIN == ring.unwrap(ACCOUNT, ring.wrap(ACCOUNT, PLAIN))


def test_the_first_key_wraps_and_the_others_unwrap() -> None:
    before = MasterKeys.from_text(text(OLD))
    after = MasterKeys.from_text(text(NEW, OLD))

    assert before.current_id != after.current_id
    assert MasterKeys.from_text(text(NEW)).current_id == after.current_id
    assert PLAIN == after.unwrap(ACCOUNT, before.wrap(ACCOUNT, PLAIN))
    assert after.current_id == master_keys.wrapping_id(after.wrap(ACCOUNT, PLAIN))


def test_a_key_that_is_not_in_the_ring_is_named() -> None:
    wrapped = MasterKeys.from_text(text(OLD)).wrap(ACCOUNT, PLAIN)

    with pytest.raises(KeyMissing, match=master_keys.wrapping_id(wrapped)):
        MasterKeys.from_text(text(NEW)).unwrap(ACCOUNT, wrapped)


def test_rings_can_be_joined() -> None:
    old, new = MasterKeys.from_text(text(OLD)), MasterKeys.from_text(text(NEW))
    joined = new.with_older(old).with_older(old)

    assert new.current_id == joined.current_id
    assert PLAIN == joined.unwrap(ACCOUNT, old.wrap(ACCOUNT, PLAIN))
    assert f"MasterKeys(current={new.current_id}, older=1)" == repr(joined)


def test_wrapped_keys_open_for_their_account_only() -> None:
    ring = MasterKeys.from_text(text(NEW))

    with pytest.raises(Corrupt):
        ring.unwrap(OTHER, ring.wrap(ACCOUNT, PLAIN))


def test_every_altered_byte_of_wrapped_keys_is_noticed() -> None:
    ring = MasterKeys.from_text(text(NEW))
    wrapped = ring.wrap(ACCOUNT, PLAIN)

    for place in range(len(wrapped)):
        altered = bytearray(wrapped)
        altered[place] ^= 1
        with pytest.raises((Corrupt, KeyMissing)):
            ring.unwrap(ACCOUNT, bytes(altered))


@given(st.binary(max_size=300))
def test_junk_is_corrupt(junk: bytes) -> None:
    with pytest.raises(Corrupt):
        MasterKeys.from_text(text(NEW)).unwrap(ACCOUNT, junk)


def test_keys_are_never_shown() -> None:
    ring = MasterKeys.from_text(text(NEW))
    shown = f"{ring!r} {ring} {ring.keys!r}"

    assert not any(secret in shown for secret in (NEW.hex(), text(NEW), repr(NEW)))


@pytest.mark.parametrize("bad", ["", "# only a comment", "not base64!", text(b"short"), text(NEW) + " junk"])
def test_text_without_a_key_is_invalid(bad: str) -> None:
    with pytest.raises(Invalid):
        MasterKeys.from_text(bad)


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(Invalid):
        LocalMasterKey(b"short")


def test_a_generated_key_reads_back() -> None:
    assert MasterKeys.from_text(master_keys.generate()).current_id


def test_a_file_is_made_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"

    with pytest.raises(KeyMissing, match=r"master\.key"):
        MasterKeys.from_file(path)
    made = MasterKeys.from_file(path, create=True)
    assert made.current_id == MasterKeys.from_file(path).current_id
    assert made.current_id == MasterKeys.from_file(path, create=True).current_id
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(path.parent.iterdir())


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(lambda _: MasterKeys.from_file(path, create=True), range(8)))

    assert 1 == len({ring.current_id for ring in rings})


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text(text(NEW))
    path.chmod(0o640)

    with pytest.raises(Invalid, match="chmod 600"):
        MasterKeys.from_file(path)


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)

    with pytest.raises(KeyMissing):
        MasterKeys.from_file(path)

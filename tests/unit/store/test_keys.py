import hashlib
import hmac
from uuid import UUID

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from store.content import MAX_BYTES, prepare
from store.errors import Corrupt, Invalid
from store.keys import (
    PLAIN_BYTES,
    AccountKeys,
    chunk_seed,
    commitment,
    content_id,
    leaf_hash,
    leaf_salt,
    open_secret,
    seal_secret,
)
from store.record import AccountId, ContentId, ExternalId, Kind, Record, WorkspaceId

ACCOUNT = AccountId(UUID("00000000-0000-4000-8000-000000000001"))
OTHER = AccountId(UUID("00000000-0000-4000-8000-000000000002"))
KEYS = AccountKeys.from_plain(ACCOUNT, bytes(range(PLAIN_BYTES)))


def record(content: dict[str, object], external_id: str = "1", workspace_id: str = "w") -> Record:
    return Record(
        workspace_id=WorkspaceId(workspace_id), kind=Kind("card"), external_id=ExternalId(external_id), content=content
    )


def test_keys_read_back_from_their_plain_bytes() -> None:
    assert KEYS == AccountKeys.from_plain(ACCOUNT, KEYS.to_plain())


def test_generated_keys_differ() -> None:
    assert AccountKeys.generate(ACCOUNT) != AccountKeys.generate(ACCOUNT)


def test_keys_are_never_shown() -> None:
    shown = f"{KEYS!r} {KEYS}"

    secrets = [KEYS.data_key, KEYS.hash_key, KEYS.audit_key, KEYS.credential_key]
    assert f"AccountKeys(account_id={ACCOUNT!r})" == repr(KEYS)
    assert not any(secret.hex() in shown or repr(secret) in shown for secret in secrets)


@pytest.mark.parametrize("size", [0, PLAIN_BYTES - 1, PLAIN_BYTES + 1])
def test_keys_of_another_length_are_refused(size: int) -> None:
    with pytest.raises(Corrupt):
        AccountKeys.from_plain(ACCOUNT, bytes(size))


@given(plain=st.binary(max_size=3000))
def test_content_is_named_by_keyed_blake3(plain: bytes) -> None:
    assert blake3(plain, key=KEYS.hash_key).digest() == content_id(KEYS, plain)


@given(key=st.binary(max_size=200), plain=st.binary(max_size=3000))
def test_leaves_are_blinded_as_specified(key: bytes, plain: bytes) -> None:
    content = content_id(KEYS, plain)
    salt = hmac.digest(KEYS.audit_key, key + content, "sha256")

    assert salt == leaf_salt(KEYS, key, content)
    assert hashlib.sha256(salt + plain).digest() == commitment(salt, plain)
    assert hashlib.sha256(b"\0" + commitment(salt, plain) + key).digest() == leaf_hash(KEYS, key, content, plain)


def test_prepare_says_what_the_single_functions_say() -> None:
    records = [record({"b": number, "a": "é"}, str(number)) for number in range(5)]

    prepared = prepare(KEYS, records)

    expected = []
    for one in records:
        canonical = f'{{"a":"é","b":{one.content["b"]}}}'.encode()
        content, key = content_id(KEYS, canonical), one.key.encode()
        expected.append((key, content, leaf_hash(KEYS, key, content, canonical), canonical))
    assert expected == list(zip(*prepared, strict=True))


@pytest.mark.parametrize(
    "bad",
    [
        record({"a": float("nan")}, "secret-id"),
        record({"a": "x" * MAX_BYTES}, "secret-id"),
        record({}, "nul\0secret-id"),
        record({}, "secret-id\ud800"),
        record({}, "secret-id", workspace_id="a\0b"),
    ],
    ids=["not JSON", "too large", "NUL", "surrogate", "NUL in workspace"],
)
def test_a_record_that_cannot_be_stored_is_named(bad: Record) -> None:
    with pytest.raises(Invalid, match="secret-id"):
        prepare(KEYS, [record({}), bad])


def test_a_secret_opens_for_its_account_and_purpose_only() -> None:
    sealed = seal_secret(KEYS, b"token", "grant")
    other = AccountKeys.from_plain(OTHER, KEYS.to_plain())

    assert b"token" == open_secret(KEYS, sealed, "grant")
    for keys, purpose in ((KEYS, "workspace"), (other, "grant"), (AccountKeys.generate(ACCOUNT), "grant")):
        with pytest.raises(Corrupt):
            open_secret(keys, sealed, purpose)


def test_a_secret_is_sealed_differently_each_time() -> None:
    assert seal_secret(KEYS, b"token", "grant") != seal_secret(KEYS, b"token", "grant")


def test_every_altered_byte_of_a_secret_is_noticed() -> None:
    sealed = seal_secret(KEYS, b"token", "grant")

    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(Corrupt):
            open_secret(KEYS, bytes(altered), "grant")


@given(st.binary(max_size=120) | st.binary(max_size=120).map(lambda junk: b"HFSE\x01" + junk))
def test_junk_is_corrupt(junk: bytes) -> None:
    with pytest.raises(Corrupt):
        open_secret(KEYS, junk, "grant")


def test_the_seed_of_cuts_is_the_accounts_own() -> None:
    other = AccountKeys.generate(ACCOUNT)

    assert chunk_seed(KEYS) == chunk_seed(KEYS)
    assert chunk_seed(KEYS) != chunk_seed(other)
    assert 0 < chunk_seed(KEYS) < 2**64


def test_content_ids_differ_between_accounts() -> None:
    assert content_id(KEYS, b"same") != ContentId(content_id(AccountKeys.generate(OTHER), b"same"))

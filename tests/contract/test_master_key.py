"""What every master key promises (`store.master_keys.MasterKey`): one held here, and one in KMS."""

from collections.abc import Iterator
from uuid import UUID

import boto3
import pytest
from moto.server import ThreadedMotoServer

from store.errors import Corrupt, KeyMissing, Unavailable
from store.master_keys import LocalMasterKey, MasterKey, MasterKeys
from store.record import AccountId

ACCOUNT = AccountId(UUID("00000000-0000-4000-8000-000000000001"))
OTHER = AccountId(UUID("00000000-0000-4000-8000-000000000002"))
PLAIN = bytes(range(128))


@pytest.fixture(scope="session")
def kms_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def kms_ring(kms_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> MasterKeys:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    client = boto3.client("kms", endpoint_url=kms_endpoint, region_name="us-east-1")
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    client.close()
    return MasterKeys.from_kms(key_id, region="us-east-1", endpoint=kms_endpoint)


@pytest.fixture(params=["local", "kms"])
def key(request: pytest.FixtureRequest) -> MasterKey:
    if request.param == "local":
        return LocalMasterKey(bytes(32))
    ring: MasterKeys = request.getfixturevalue("kms_ring")
    return ring.keys[0]


def test_what_is_wrapped_unwraps(key: MasterKey) -> None:
    assert PLAIN == key.unwrap(key.wrap(PLAIN, account_id=ACCOUNT, bound=b"head"), account_id=ACCOUNT, bound=b"head")


def test_it_opens_for_the_same_account_and_header_only(key: MasterKey) -> None:
    wrapped = key.wrap(PLAIN, account_id=ACCOUNT, bound=b"head")

    for account_id, bound in ((OTHER, b"head"), (ACCOUNT, b"tail")):
        with pytest.raises(Corrupt):
            key.unwrap(wrapped, account_id=account_id, bound=bound)


def test_each_wrapping_is_fresh(key: MasterKey) -> None:
    first, second = (key.wrap(PLAIN, account_id=ACCOUNT, bound=b"") for _ in range(2))

    assert first != second
    assert PLAIN not in first


def test_its_id_is_eight_bytes_and_stays(key: MasterKey) -> None:
    assert 8 == len(key.id)
    assert key.id == key.id


def test_junk_does_not_open(key: MasterKey) -> None:
    # KMS says that it is no ciphertext; moto, that it does not know the key it was made with.
    with pytest.raises((Corrupt, KeyMissing)):
        key.unwrap(b"junk" * 30, account_id=ACCOUNT, bound=b"")


def test_a_kms_key_is_found_by_its_arn_again(kms_ring: MasterKeys, kms_endpoint: str) -> None:
    wrapped = kms_ring.wrap(ACCOUNT, PLAIN)
    arn = repr(kms_ring.keys[0])[len("KmsMasterKey(") : -1]
    again = MasterKeys.from_kms(arn, region="us-east-1", endpoint=kms_endpoint)

    assert kms_ring.current_id == again.current_id
    assert PLAIN == again.unwrap(ACCOUNT, wrapped)


def test_a_file_can_hand_over_to_kms(kms_ring: MasterKeys) -> None:
    old = MasterKeys(LocalMasterKey(bytes(32)))
    wrapped = old.wrap(ACCOUNT, PLAIN)
    ring = kms_ring.with_older(old)

    assert PLAIN == ring.unwrap(ACCOUNT, wrapped)
    assert kms_ring.current_id == ring.current_id


def test_a_kms_key_that_is_not_there_is_named(kms_ring: MasterKeys, kms_endpoint: str) -> None:
    with pytest.raises(KeyMissing, match="alias/nothing"):
        MasterKeys.from_kms("alias/nothing", region="us-east-1", endpoint=kms_endpoint)


def test_kms_that_does_not_answer_is_unavailable(kms_ring: MasterKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)

    with pytest.raises(Unavailable):
        MasterKeys.from_kms("some-key", region="us-east-1", endpoint="http://127.0.0.1:9")

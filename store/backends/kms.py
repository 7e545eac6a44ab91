"""AWS KMS as a master key: wraps by asking KMS, so that the key itself is never held here."""

from typing import TYPE_CHECKING

import boto3
from blake3 import blake3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from store.errors import Corrupt, Invalid, KeyMissing, StoreError, Unavailable
from store.record import AccountId

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_ID_BYTES = 8
_ABSENT = {"NotFoundException", "DisabledException", "KMSInvalidStateException", "InvalidKeyUsageException"}
_REFUSED = {"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"}
_ALTERED = {"InvalidCiphertextException", "IncorrectKeyException"}


class KmsMasterKey:
    """One KMS key. The account goes along as encryption context: CloudTrail names it, and keys cannot be swapped."""

    def __init__(self, client: "KMSClient", arn: str) -> None:
        self._client = client
        self._arn = arn
        self.id = blake3(arn.encode()).digest(_ID_BYTES)

    def __repr__(self) -> str:
        return f"KmsMasterKey({self._arn})"

    def wrap(self, plain: bytes, *, account_id: AccountId, bound: bytes) -> bytes:
        """Ask KMS to encrypt."""
        try:
            answer = self._client.encrypt(
                KeyId=self._arn, Plaintext=plain, EncryptionContext=_context(account_id, bound)
            )
        except (ClientError, BotoCoreError) as error:
            raise _fault(self._arn, error) from error
        return answer["CiphertextBlob"]

    def unwrap(self, wrapped: bytes, *, account_id: AccountId, bound: bytes) -> bytes:
        """Ask KMS to decrypt."""
        try:
            answer = self._client.decrypt(
                KeyId=self._arn, CiphertextBlob=wrapped, EncryptionContext=_context(account_id, bound)
            )
        except (ClientError, BotoCoreError) as error:
            raise _fault(self._arn, error) from error
        return answer["Plaintext"]


def open_kms(key_id: str, *, region: str | None, endpoint: str | None) -> KmsMasterKey:
    """Find a key by id, ARN or alias. Its ARN names it from then on, so that an alias may move."""
    config = Config(connect_timeout=10, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})
    try:
        client = boto3.session.Session().client("kms", region_name=region, endpoint_url=endpoint, config=config)
        arn = client.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    except ValueError as error:
        raise Invalid(f"KMS key {key_id}: {type(error).__name__}") from None
    except (ClientError, BotoCoreError) as error:
        raise _fault(key_id, error) from error
    return KmsMasterKey(client, arn)


def _context(account_id: AccountId, bound: bytes) -> dict[str, str]:
    return {"holdfast:account": str(account_id), "holdfast:header": bound.hex()}


def _fault(key: str, error: ClientError | BotoCoreError) -> StoreError:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return KeyMissing(f"KMS key {key}: no AWS credentials are configured")
    if not isinstance(error, ClientError):
        return Unavailable(f"KMS key {key}: {type(error).__name__}")
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    if code in _ABSENT or code in _REFUSED:
        return KeyMissing(f"KMS key {key}: {code}")
    if code in _ALTERED:
        return Corrupt(f"KMS key {key} does not open these account keys: altered, or another account's")
    return Unavailable(f"KMS key {key}: {code}")

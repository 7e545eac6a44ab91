"""S3, and what speaks it, as a backend."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from store.backends.object_key import check
from store.errors import Corrupt, Invalid, KeyMissing, NotFound, StoreError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 16 * 1024 * 1024
"""Larger objects go up in parts of this size."""
KEYS_AT_ONCE = 1000
"""The most that one listing or one deletion may hold."""
CONNECTIONS = 16

Checksums = Literal["when_supported", "when_required"]
_CHECKSUMS: dict[str, Checksums] = {"when_supported": "when_supported", "when_required": "when_required"}
_OPTIONS = {"endpoint", "region", "checksums"}
_ABSENT = {"NoSuchKey", "404", "NotFound"}
_THERE_ALREADY = {"PreconditionFailed", "412"}
_REFUSED = {"AccessDenied", "403", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
_MISTAKEN = {"NoSuchBucket", "InvalidBucketName", "PermanentRedirect", "301", "AuthorizationHeaderMalformed"}


class S3Backend:
    """Objects in a bucket, below a prefix. One client, shared between threads.

    botocore retries throttling, 5xx and lost connections (five attempts, with back-off), which is safe because every
    request here may be repeated; what outlives that is Unavailable.
    """

    def __init__(self, client: "S3Client", bucket: str, prefix: str, url: str) -> None:
        self.url = url
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, key: str, data: bytes) -> bool:
        """PutObject with `If-None-Match: *`, Content-MD5 and SHA-256; past PART_BYTES, parts without condition."""
        if len(data) > PART_BYTES:
            # A conditional CompleteMultipartUpload is ignored by some servers. Keys name their content, so that two
            # writers of one key write the same bytes; asking first only saves the upload.
            if self.size(key) is not None:
                return False
            self._put_in_parts(key, data)
            return True
        with self._faults(f"put {key}"):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._name(key),
                    Body=data,
                    ContentMD5=_base64(hashlib.md5(data, usedforsecurity=False).digest()),
                    ChecksumSHA256=_base64(hashlib.sha256(data).digest()),
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if _code(error) in _THERE_ALREADY:
                    return False
                raise
        return True

    def replace(self, key: str, data: bytes) -> None:
        """PutObject without condition; past PART_BYTES, parts."""
        if len(data) > PART_BYTES:
            self._put_in_parts(key, data)
            return
        with self._faults(f"replace {key}"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._name(key),
                Body=data,
                ContentMD5=_base64(hashlib.md5(data, usedforsecurity=False).digest()),
                ChecksumSHA256=_base64(hashlib.sha256(data).digest()),
            )

    def get(self, key: str) -> bytes:
        """GetObject."""
        return self._read(key, {})

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """GetObject with a Range."""
        if length == 0:
            return b""
        data = self._read(key, {"Range": f"bytes={offset}-{offset + length - 1}"})
        if len(data) != length:
            raise Corrupt(f"{key} ends before byte {offset + length}")
        return data

    def size(self, key: str) -> int | None:
        """HeadObject."""
        with self._faults(f"head {key}"):
            try:
                return self._client.head_object(Bucket=self._bucket, Key=self._name(key))["ContentLength"]
            except ClientError as error:
                if _code(error) in _ABSENT:
                    return None
                raise

    def list(self, prefix: str) -> Iterator[str]:
        """ListObjectsV2, a page at a time."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix, PaginationConfig={"PageSize": KEYS_AT_ONCE}
        )
        with self._faults(f"list {prefix}"):
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield entry["Key"].removeprefix(self._prefix)

    def delete(self, keys: Iterable[str]) -> None:
        """DeleteObjects, a thousand at a time."""
        waiting = [{"Key": self._name(key)} for key in keys]
        for start in range(0, len(waiting), KEYS_AT_ONCE):
            with self._faults("delete"):
                answer = self._client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": waiting[start : start + KEYS_AT_ONCE], "Quiet": True},  # type: ignore[typeddict-item]
                )
            failed = [error for error in answer.get("Errors", ()) if error.get("Code") not in _ABSENT]
            if failed:
                raise Unavailable(f"{self.url}: {len(failed)} objects not deleted: {failed[0].get('Code')}")

    def _name(self, key: str) -> str:
        return self._prefix + check(key)

    def _read(self, key: str, options: dict[str, Any]) -> bytes:
        with self._faults(f"get {key}"):
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._name(key), **options)["Body"].read()
            except ClientError as error:
                if _code(error) in _ABSENT:
                    raise NotFound(f"{self.url} holds no {key}") from None
                if _code(error) in {"InvalidRange", "416"}:
                    raise Corrupt(f"{key} ends before the bytes asked for") from None
                raise

    def _put_in_parts(self, key: str, data: bytes) -> None:
        place: dict[str, Any] = {"Bucket": self._bucket, "Key": self._name(key)}
        with self._faults(f"put {key} in parts"):
            upload = self._client.create_multipart_upload(**place)["UploadId"]
            try:
                parts: list[CompletedPartTypeDef] = []
                for number, start in enumerate(range(0, len(data), PART_BYTES), 1):
                    part = data[start : start + PART_BYTES]
                    tag = self._client.upload_part(
                        **place,
                        UploadId=upload,
                        PartNumber=number,
                        Body=part,
                        ContentMD5=_base64(hashlib.md5(part, usedforsecurity=False).digest()),
                    )["ETag"]
                    parts.append({"PartNumber": number, "ETag": tag})
                self._client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
            except BaseException:
                with suppress(ClientError, BotoCoreError):  # the first fault is the one to tell
                    self._client.abort_multipart_upload(**place, UploadId=upload)
                raise

    @contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        """Turn botocore's errors into ours, by what the caller does about them."""
        try:
            yield
        except ClientError as error:
            raise _fault(self.url, what, _code(error)) from error
        except (NoCredentialsError, PartialCredentialsError):
            raise KeyMissing(f"{self.url}: no credentials for S3 are configured") from None
        except BotoCoreError as error:
            raise Unavailable(f"{self.url}: {what}: {type(error).__name__}") from error
        except OSError as error:  # urllib3's, while a body is read
            raise Unavailable(f"{self.url}: {what}: {type(error).__name__}") from error


def open_s3(url: str) -> S3Backend:
    """Open `s3://bucket/prefix?endpoint=…&region=…&checksums=when_required`.

    Credentials come from where boto3 looks (environment, profile, instance), or before the bucket: `s3://id:key@bucket`.
    """
    parts = urlsplit(url)
    shown = f"s3://{parts.hostname or ''}{parts.path}"
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not parts.hostname or options.keys() - _OPTIONS:
        unknown = ", ".join(sorted(options.keys() - _OPTIONS))
        raise Invalid(f"{shown}: {f'unknown option {unknown}' if parts.hostname else 'names no bucket'}")
    checksums = _CHECKSUMS.get(options.get("checksums", "when_supported"))
    if checksums is None:
        raise Invalid(f"{shown}: checksums is {' or '.join(_CHECKSUMS)}")
    prefix = unquote(parts.path).strip("/")
    if prefix:
        check(prefix)
    return S3Backend(_client(shown, parts.username, parts.password, options, checksums), parts.hostname, prefix, shown)


def _client(
    shown: str,
    access_key: str | None,
    secret: str | None,
    options: dict[str, str],
    checksums: Checksums,
) -> "S3Client":
    config = Config(
        max_pool_connections=CONNECTIONS,
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 5},
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
        # Buckets below an endpoint of one's own seldom have a name in DNS each.
        s3={"addressing_style": "path" if "endpoint" in options else "auto"},
    )
    try:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=options.get("endpoint"),
            region_name=options.get("region"),
            aws_access_key_id=unquote(access_key) if access_key else None,
            aws_secret_access_key=unquote(secret) if secret else None,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise Invalid(f"{shown}: {type(error).__name__}") from None


def _fault(url: str, what: str, code: str) -> StoreError:
    if code in _REFUSED:
        return KeyMissing(f"{url}: {what}: refused ({code}); check the credentials and the bucket's policy")
    if code in _MISTAKEN:
        return Invalid(f"{url}: {what}: {code}; check the bucket, the region and the endpoint")
    return Unavailable(f"{url}: {what}: {code}")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()

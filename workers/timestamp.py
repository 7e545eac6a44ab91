"""Timestamp: an authority's word that a checkpoint was there at a time (RFC 3161), for whoever asks when.

The token is over the SHA-256 of the whole signed note, so that `openssl ts -verify -data NOTE` checks it and nothing
of Holdfast is needed.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.verify import Verifier

from connectors.call import Call
from connectors.errors import BadReply
from connectors.http import Http
from store.errors import Invalid

_ASKS = "application/timestamp-query"
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Where to ask, and whose signature counts."""

    url: str
    roots: tuple[x509.Certificate, ...]

    @classmethod
    def of(cls, url: str, certificates: Path) -> "Authority":
        """Read the root certificates; Invalid when the file cannot be read or holds none."""
        try:
            roots = x509.load_pem_x509_certificates(certificates.read_bytes())
        except OSError as error:
            raise Invalid(f"{certificates}: the certificates cannot be read: {type(error).__name__}") from None
        except ValueError:
            raise Invalid(f"{certificates}: no certificates in PEM") from None
        return cls(url=url, roots=tuple(roots))

    async def stamp(self, http: Http, note: bytes) -> bytes:
        """Ask for a token over a note; returns the whole answer, as `openssl ts` reads it, once it has been checked.

        A ConnectorError when the authority cannot be asked; BadReply for an answer that does not prove the time of
        this note by one of the roots. Asking again gives another token, which does no harm.
        """
        request = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
        call = Call(
            url=self.url,
            method="POST",
            headers={"content-type": _ASKS, "accept": "application/timestamp-reply"},
            content=request.as_bytes(),
            idempotent=True,
            max_bytes=_MAX_BYTES,
        )
        reply = (await http.request(call)).check()
        builder = VerifierBuilder.from_request(request)
        for root in self.roots:
            builder = builder.add_root_certificate(root)
        self._check(builder.build(), reply.body, note)
        return reply.body

    def _check(self, verifier: Verifier, answer: bytes, note: bytes) -> None:
        try:
            verifier.verify_message(decode_timestamp_response(answer), note)
        except (VerificationError, ValueError) as error:
            raise BadReply(f"the time-stamp authority's answer does not hold: {error}") from None

"""Witness: somebody else's server that cosigns a log's heads, and refuses those of another history (tlog-witness)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from connectors.call import Call
from connectors.errors import BadReply
from connectors.http import Http
from store.checkpoint import decimal
from store.cosignature import Cosignature, WitnessKey, request
from store.errors import Invalid, Unproven
from store.publish import Published

_MAX_BYTES = 64 * 1024
_CONFLICT = 409

Prove = Callable[[int], Awaitable[Sequence[bytes]]]
"""Proves that the head begins with so many entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One that is set: whose cosignatures count, and where it is asked."""

    key: WitnessKey
    url: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read `<vkey> <url>`; Invalid says what is wrong."""
        vkey, _, url = text.partition(" ")
        try:
            key = WitnessKey.parse(vkey)
        except Unproven as error:
            raise Invalid(f"a witness is its verifier key, a space and its address: {error}") from None
        if urlsplit(url).scheme not in {"http", "https"}:
            raise Invalid(f"the address of the witness {key.name} begins with http:// or https://")
        return cls(key=key, url=url.strip().rstrip("/"))

    async def cosign(self, http: Http, head: Published, old_size: int, prove: Prove) -> Cosignature:
        """Ask for a cosignature of a head; `old_size` is what the witness is thought to have seen, 0 for not known.

        Asked again, it makes another, which does no harm. A ConnectorError where it cannot be had: BadReply for an
        answer that is none, and where the witness has seen a longer log than there is.
        """
        reply = await http.request(self._call(head, old_size, await prove(old_size)))
        if reply.status == _CONFLICT:
            seen = self._size(reply.body)
            if seen > head.size:
                raise BadReply(
                    f"the witness {self.key.name} has seen {seen} entries of this log, which has {head.size}: "
                    "was Postgres put back from an older copy?"
                )
            reply = await http.request(self._call(head, seen, await prove(seen)))
        reply.check()
        try:
            return self.key.find(head.note + reply.body)
        except Unproven as error:
            raise BadReply(f"{reply.place} answered with no cosignature: {error}") from None

    def _call(self, head: Published, old_size: int, path: Sequence[bytes]) -> Call:
        return Call(
            url=f"{self.url}/add-checkpoint",
            method="POST",
            headers={"content-type": "text/plain; charset=utf-8"},
            content=request(old_size, path, head.note),
            idempotent=True,
            max_bytes=_MAX_BYTES,
        )

    def _size(self, body: bytes) -> int:
        try:
            return decimal(body.decode("ascii", "replace").removesuffix("\n"))
        except Unproven:
            raise BadReply(f"the witness {self.key.name} answered 409 without the size that it knows") from None

"""Stamping: lets an authority put the time to each published checkpoint, where one is set; afterwards, and over again.

Nothing waits for it: a backup is complete once a checkpoint covers it, and an authority that is away for a day puts
off only the proof of when. Beside the log lie `timestamps/<size>`, the note, and `timestamps/<size>.tsr`, the token.
"""

import asyncio
import logging
from typing import Self

from connectors.errors import ConnectorError
from connectors.http import Http, HttpSettings
from store import timestamps
from store.errors import StoreError
from store.publish import published_head
from store.record import AccountId
from workers.runtime import Runtime
from workers.settings import Settings
from workers.timestamp import Authority

_log = logging.getLogger(__name__)


class Stamper:
    """Asks about what has no time yet. One for each worker; any number may run. Belongs to one event loop."""

    def __init__(self, runtime: Runtime, authority: Authority, *, allow_private: bool = False) -> None:
        self._runtime = runtime
        self._authority = authority
        self._http = Http(HttpSettings(total_seconds=30, attempts=2, patience_seconds=60, allow_private=allow_private))

    @classmethod
    async def of(cls, runtime: Runtime, settings: Settings) -> Self | None:
        """Make one where an authority is set; Invalid when its certificates cannot be read."""
        if settings.timestamp_url is None or settings.timestamp_certificates is None:
            return None
        authority = await asyncio.to_thread(Authority.of, settings.timestamp_url, settings.timestamp_certificates)
        return cls(runtime, authority, allow_private=settings.allow_private_addresses)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def stamp(self) -> list[AccountId]:
        """Have every log's head stamped that is not; returns those that were. One account's fault is no other's."""
        done: list[AccountId] = []
        runtime = self._runtime
        for account_id in await timestamps.wanted(runtime.database):
            try:
                found = await published_head(runtime.database, account_id)
                if found is not None:
                    token = await self._authority.stamp(self._http, found.note)
                    await timestamps.keep(runtime.database, runtime.backend, account_id, found, token)
                    done.append(account_id)
            except (ConnectorError, StoreError) as error:
                _log.warning("a checkpoint of account %s has no time yet, which is tried again: %s", account_id, error)
        return done

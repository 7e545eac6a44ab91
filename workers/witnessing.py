"""Witnessing: has each published head cosigned by the witnesses that are set; afterwards, and over again.

Nothing waits for it. A witness that is away, or that refuses, is told of in the log of the worker and asked again.
"""

import logging
from collections.abc import Sequence
from typing import Self

from connectors.errors import ConnectorError, Retriable
from connectors.http import Http, HttpSettings
from store import log, witnesses
from store.errors import StoreError
from store.publish import Published, published_head
from store.record import AccountId
from workers.runtime import Runtime
from workers.settings import Settings
from workers.witness import Witness

_log = logging.getLogger(__name__)


class Witnessing:
    """Asks about what is not cosigned yet. One for each worker; any number may run. Belongs to one event loop."""

    def __init__(self, runtime: Runtime, asked: Sequence[Witness], *, allow_private: bool = False) -> None:
        self._runtime = runtime
        self._asked = asked
        self._http = Http(HttpSettings(total_seconds=30, attempts=2, patience_seconds=60, allow_private=allow_private))
        self._seen: dict[tuple[AccountId, Witness], int] = {}
        """How many entries each has cosigned, as far as this process knows; a witness says what it has not."""

    @classmethod
    def of(cls, runtime: Runtime, settings: Settings) -> Self | None:
        """Make one where witnesses are set."""
        asked = [Witness.of(text) for text in settings.witnesses]
        return cls(runtime, asked, allow_private=settings.allow_private_addresses) if asked else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self) -> list[AccountId]:
        """Have every log's head cosigned that is not; returns those that all witnesses have cosigned now."""
        done: list[AccountId] = []
        away: set[Witness] = set()
        for account_id in await witnesses.wanted(self._runtime.database):
            head = await published_head(self._runtime.database, account_id)
            if head is None:
                continue
            for witness in self._asked:
                if witness not in away and self._seen.get((account_id, witness), 0) < head.size:
                    await self._ask(witness, account_id, head, away)
            if all(self._seen.get((account_id, witness), 0) >= head.size for witness in self._asked):
                await witnesses.done(self._runtime.database, account_id, head.size)
                done.append(account_id)
        return done

    async def _ask(self, witness: Witness, account_id: AccountId, head: Published, away: set[Witness]) -> None:
        async def prove(old_size: int) -> Sequence[bytes]:
            if not old_size:
                return []
            async with self._runtime.database.account(account_id) as connection:
                return await log.consistency_proof(connection, account_id, old_size, head.size)

        try:
            cosignature = await witness.cosign(self._http, head, self._seen.get((account_id, witness), 0), prove)
            await witnesses.keep(self._runtime.backend, account_id, head, witness.key, cosignature)
        except (ConnectorError, StoreError) as error:
            if isinstance(error, Retriable):
                away.add(witness)  # the other logs need not find that out, one by one
            name = witness.key.name
            _log.warning("%s has not cosigned the log of account %s, and is asked again: %s", name, account_id, error)
        else:
            self._seen[account_id, witness] = head.size

"""Board: one board read, again while it changes, with what was read of it said at the end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import Anew, Complete, Held, Item, Ledger, Warned, WarningCode
from connectors.monday.board_log import Gap
from connectors.monday.board_pass import OF_BOARD, Pass
from connectors.monday.client import MondayClient
from connectors.monday.listing import SeenBoard
from connectors.monday.state import Known
from store.record import Kind

PASSES = 3
"""How often a board that changes while it is read is read, before it is called unstable."""


@dataclass(slots=True, kw_only=True)
class BoardReader:
    """Reads one board, once. Afterwards it knows what to remember."""

    seen: SeenBoard
    known: Known | None
    full: bool
    """Everything, whatever is known."""
    evidence: str
    held: Held
    account_tags: frozenset[str]
    now: datetime
    settled: bool = False
    """Whether the last pass found it as it was before."""
    stable: bool = True
    """Whether the first pass did."""
    doubtful: bool = False
    """Whether something in it could not be understood: worth another look next time."""
    learnt: Known | None = None
    _pages: int = 0
    _failed: set[Kind] = field(default_factory=set)
    _claimed: dict[Kind, int] = field(default_factory=dict)

    async def read(self, client: MondayClient) -> AsyncIterator[Item]:
        """Read it, again while it changes: a pass that is made anew replaces the one before."""
        for number in range(PASSES):
            if number:
                yield Anew(workspace_ids=frozenset({self.seen.workspace_id}))
            one = Pass(
                client=client,
                seen=self.seen,
                remembered=self.known,
                full=self.full,
                held=self.held,
                account_tags=self.account_tags,
                now=self.now,
                count=self._count,
            )
            try:
                async for item in one.items():
                    yield item
            except Gap:
                self.full = True
                self.evidence += "; its log does not reach back to the last cycle, so it was read in full"
                yield Warned(
                    code=WarningCode.CAP_MET,
                    where=f"board/{self.seen.workspace_id}/activity",
                    message="the log does not reach back to the last cycle: its entries in between are gone",
                )
                continue
            self._failed, self._claimed = one.failed, one.claimed
            self.doubtful, self.learnt = one.doubtful, one.learnt()
            self.settled = one.settled
            if one.settled:
                break
            self.stable = False
        else:
            message = f"the board changed while it was read, {PASSES} times running"
            yield Warned(code=WarningCode.UNSTABLE, where=f"board/{self.seen.workspace_id}", message=message)
        yield Complete(workspace_id=self.seen.workspace_id, kinds=OF_BOARD - self._failed)
        yield Ledger(
            workspace_id=self.seen.workspace_id,
            read="full" if self.full or self.known is None else "changed",
            evidence=self.evidence,
            pages=self._pages,
            claimed=self._claimed if self.settled else {},
            grant_id=client.grant.grant_id,
        )

    def _count(self, pages: int = 1) -> None:
        self._pages += pages

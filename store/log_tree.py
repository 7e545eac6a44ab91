"""Log tree: the hashes of one account's log in Postgres, kept so that every root and proof is a few rows."""

from collections.abc import Sequence

from store import proof
from store.database import Connection
from store.errors import Corrupt
from store.merkle import EMPTY_ROOT, parent
from store.proof import Run, Subtree
from store.queries import load
from store.record import AccountId

_SQL = load("log")


class LogTree:
    """Roots of perfect subtrees, over a connection that is bound to the account. They are written once, never changed.

    A tree of n entries keeps fewer than 2n of them; a proof reads at most some dozens.
    """

    def __init__(self, connection: Connection, account_id: AccountId) -> None:
        self._connection = connection
        self._account_id = account_id

    async def add(self, number: int, leaf_hash: bytes) -> None:
        """Append leaf `number`, and every subtree it completes."""
        completes = (number ^ (number + 1)).bit_length() - 1
        lefts = [Subtree(level, (number >> level) - 1) for level in range(completes)]
        held = await self._hashes(lefts)
        made = [(Subtree(0, number), leaf_hash)]
        for left in lefts:
            made.append((Subtree(left.level + 1, left.number >> 1), parent(held[left], made[-1][1])))
        await self._connection.execute(
            _SQL.insert_hashes,
            self._account_id,
            [subtree.level for subtree, _ in made],
            [subtree.number for subtree, _ in made],
            [one for _, one in made],
        )

    async def root(self, size: int) -> bytes:
        """Root of the first `size` entries."""
        if not size:
            return EMPTY_ROOT
        return (await self._assemble([Run(0, size)]))[0]

    async def inclusion(self, index: int, size: int) -> list[bytes]:
        """Prove that entry `index` is among the first `size`."""
        return await self._assemble(proof.inclusion_runs(index, size))

    async def consistency(self, old_size: int, new_size: int) -> list[bytes]:
        """Prove that the first `new_size` entries begin with the first `old_size`."""
        return await self._assemble(proof.consistency_runs(old_size, new_size))

    async def _assemble(self, runs: Sequence[Run]) -> list[bytes]:
        return proof.assemble(runs, await self._hashes(proof.needed(runs)))

    async def _hashes(self, subtrees: Sequence[Subtree]) -> dict[Subtree, bytes]:
        levels = [subtree.level for subtree in subtrees]
        numbers = [subtree.number for subtree in subtrees]
        rows = await self._connection.fetch(_SQL.hashes, self._account_id, levels, numbers)
        found = {Subtree(row["level"], row["number"]): row["hash"] for row in rows}
        if missing := set(subtrees) - found.keys():
            raise Corrupt(f"the log of account {self._account_id} lacks {len(missing)} hashes, such as {min(missing)}")
        return found

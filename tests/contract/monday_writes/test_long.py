"""A long board, with subitems, files and relations: backed up, lost, restored, backed up again, equal.

Of 300 items, and where time is given for it (`HOLDFAST_TEST_LONG`) of 10,000, the most that a board has.
"""

import os
from collections import Counter

import pytest

from connectors.monday import kinds
from connectors.monday.sandbox import RateLimits, Sample, Sandbox, generate
from connectors.monday.sandbox.changes import boards
from connectors.writing import Action
from store.record import FILE_KIND, WorkspaceId
from tests.contract.monday.conftest import named
from tests.contract.monday_reader.conftest import connected
from tests.contract.round_trip import carry_out, hold, situation_of
from tests.contract.writer import said
from workers.restoring.plan import Mode
from workers.restoring.readback import Result

ITEMS = 10_000 if "HOLDFAST_TEST_LONG" in os.environ else 300
_GENEROUS = RateLimits(enforced=False, complexity_minute=10**10, minute=10**6, daily=10**7, concurrency=1_000)


@pytest.mark.timeout(1_800)
async def test_a_long_board_that_was_lost_comes_back_with_nothing_wrong():
    world = generate(Sample(big_items=ITEMS))
    board = named(world, "Every bag")
    lost = WorkspaceId(str(board.id))
    with Sandbox(world, limits=_GENEROUS) as sandbox:
        monday = connected(sandbox)
        held = await hold(monday)
        with sandbox.editing():
            boards.delete(world, sandbox.owner, board)

        situation = await situation_of(monday, held, held.within(lost), Mode.COPY)
        restored = await carry_out(monday, held, situation)

        assert {} == said(restored)
        made = Counter(
            key[0]
            for key, found in restored.findings.items()
            if found.action is Action.CREATE and found.result in {Result.EQUAL, Result.LOST}
        )
        assert {kinds.ITEM: ITEMS, kinds.SUBITEM: ITEMS // 5, FILE_KIND: ITEMS // 50} == {
            kind: made[kind] for kind in (kinds.ITEM, kinds.SUBITEM, FILE_KIND)
        }
        new = world.boards[int(restored.names.made[kinds.BOARD, lost])]
        related = [world.items[found] for found in new.item_ids if world.items[found].values.get("supplier")]
        assert ITEMS // 4 == len(related)
        await monday.connector.aclose()

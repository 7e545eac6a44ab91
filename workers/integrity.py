"""Integrity: what a finished reading says of itself: drift, and counts that do not agree with the app's own."""

from collections import defaultdict
from collections.abc import Iterable

from connectors.base import WarningCode
from store.changes import Changes, Differing
from store.cycle import Cycle
from store.record import JsonObject, WorkspaceId
from workers.report import Report

IDS_NAMED = 20
"""How many ids of each kind and change a ledger names; all are counted."""


async def judge(cycle: Cycle, report: Report) -> Changes:
    """Complete the ledger of a finished reading; returns how it differs from what is held.

    Drift is what differs in a workspace of which all that is asked first said that nothing had changed: an incremental
    cycle would have missed it. It is healed like any change; what is said of it is how much, where and which.
    """
    # A cycle that was resumed says again what it had said before: the last word counts.
    cycle.ledger[:] = {entry["workspace_id"]: entry for entry in cycle.ledger}.values()
    cycle.warnings[:] = dict.fromkeys(cycle.warnings)
    changes = await cycle.compare()
    was_read = {WorkspaceId(entry["workspace_id"]): entry for entry in cycle.ledger if entry["read"] != "unchanged"}
    silent = [workspace_id for workspace_id, entry in was_read.items() if entry.get("silent")]
    drift: defaultdict[WorkspaceId, list[Differing]] = defaultdict(list)
    for found in await changes.within(silent, ids=IDS_NAMED):
        drift[found.workspace_id].append(found)
    stored = await changes.stored(was_read.keys())
    for workspace_id, entry in was_read.items():
        entry["stored"] = dict(stored.get(workspace_id, {}))
        if differing := drift.get(workspace_id):
            entry["drift"] = [_entry(found) for found in differing]
            await report.warned(WarningCode.DRIFT, f"workspace/{workspace_id}", _drift_message(differing))
        for kind, claimed in entry["claimed"].items():
            held = entry["stored"].get(kind, 0)
            if held != claimed:
                message = f"the app counts {claimed} here, and {held} are stored"
                await report.warned(WarningCode.COUNT_MISMATCH, f"workspace/{workspace_id}/{kind}", message)
    return changes


def drift_of(ledger: Iterable[JsonObject]) -> JsonObject:
    """Add up a manifest's ledger: for each kind how many records drifted in which way, and the first of their ids."""
    total: dict[str, JsonObject] = {}
    for found in (found for entry in ledger for found in entry.get("drift", ())):
        of_kind = total.setdefault(found["kind"], {"ids": []})
        of_kind[found["change"]] = of_kind.get(found["change"], 0) + found["records"]
        of_kind["ids"] += found["ids"][: IDS_NAMED - len(of_kind["ids"])]
    return total


def _entry(found: Differing) -> JsonObject:
    return {
        "kind": found.kind,
        "change": found.change,
        "records": found.records,
        "ids": list(found.external_ids),
    }


def _drift_message(differing: list[Differing]) -> str:
    parts = ", ".join(f"{found.records} {found.kind} {found.change}" for found in differing)
    return f"nothing had said that anything changed here, and this did: {parts}; healed"

"""Missing: boards and workspaces that are held and not listed any more."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from connectors.base import Vanished, Warned, WarningCode
from connectors.errors import ConnectorError, Unauthorised
from connectors.monday import queries
from connectors.monday.client import BATCH, MondayClient
from connectors.monday.kinds import BOARD
from connectors.monday.split import bare_id
from connectors.monday.state import Known
from store.record import WorkspaceId


async def look_for(
    missing: Mapping[WorkspaceId, Known], clients: Mapping[str, MondayClient]
) -> AsyncIterator[tuple[WorkspaceId, Known | None, Warned | Vanished]]:
    """Ask for them by id, and say what became of each and what to remember; None where it is deleted.

    monday.com gives what lies in the trash with its state for 30 days. What it does not give at all was purged, or may
    not be seen any more, and it does not tell the two apart: so that is never called deleted.
    """
    states: dict[WorkspaceId, str] = {}
    for client in clients.values():
        left = [found for found in missing if found not in states]
        states |= {workspace_id: state async for workspace_id, state in _states(client, left, missing)}
    for workspace_id, known in missing.items():
        where = f"{known.kind}/{bare_id(workspace_id)}"
        state: str | None = states.get(workspace_id)
        if state == "deleted":
            yield workspace_id, None, Vanished(workspace_id=workspace_id, evidence="the app gives its state: deleted")
            continue
        told = f"it is {state}, and not listed" if state else "the app does not give it: purged, or not to be seen"
        kept = replace(known, missing=known.missing + 1)
        yield workspace_id, kept, Warned(code=WarningCode.WORKSPACE_LOST, where=where, message=told)


async def _states(
    client: MondayClient, workspace_ids: list[WorkspaceId], missing: Mapping[WorkspaceId, Known]
) -> AsyncIterator[tuple[WorkspaceId, str]]:
    for document, name, is_board in (
        (queries.BOARD_STATES, "boards", True),
        (queries.WORKSPACE_STATES, "workspaces", False),
    ):
        wanted = {bare_id(found): found for found in workspace_ids if (missing[found].kind == BOARD) == is_board}
        ids = list(wanted)
        for start in range(0, len(ids), BATCH):
            try:
                values, _ = await client.ask_list(document, name, ids=ids[start : start + BATCH])
            except Unauthorised:
                return
            except ConnectorError:
                continue
            for value in values:
                found = value.get("id") if isinstance(value, dict) else None
                state = value.get("state") if isinstance(value, dict) else None
                if isinstance(found, str) and found in wanted and isinstance(state, str):
                    yield wanted[found], state

"""Missing: workspaces held and not listed any more. A lost grant and a deletion look the same at first."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from connectors.base import Vanished, Warned, WarningCode
from connectors.errors import BadReply, Forbidden, Gone, Refused, Unauthorised
from connectors.trello.client import TrelloClient
from connectors.trello.kinds import BOARD
from connectors.trello.state import Known
from store.record import WorkspaceId

_PROBES = 20
"""How many are asked for in one cycle; the others wait for the next."""
_SURE_AFTER = 2
"""In how many cycles running Trello has to say that it does not exist. Of what one may not see it says 401."""


async def look_for(
    missing: Mapping[WorkspaceId, Known], clients: Mapping[str, TrelloClient], *, sure: bool
) -> AsyncIterator[tuple[WorkspaceId, Known | None, Warned | Vanished]]:
    """Ask for each, and say what became of it and what to remember; None where it is deleted.

    Never calls a workspace deleted unless every grant works and each is told, in two cycles, that it does not exist.
    """
    for position, (workspace_id, known) in enumerate(missing.items()):
        told = "not listed any more"
        if sure and position < _PROBES:
            found = await _told(clients, workspace_id, known)
            if found is None:
                yield _not_found(workspace_id, replace(known, missing=known.missing + 1))
                continue
            told = found
        where = f"{known.kind}/{workspace_id}"
        yield workspace_id, known, Warned(code=WarningCode.WORKSPACE_LOST, where=where, message=told)


def _not_found(workspace_id: WorkspaceId, known: Known) -> tuple[WorkspaceId, Known | None, Warned | Vanished]:
    if known.missing >= _SURE_AFTER:
        evidence = f"every grant works and was told in {known.missing} cycles running that it does not exist (404)"
        return workspace_id, None, Vanished(workspace_id=workspace_id, evidence=evidence)
    message = "the app says that it does not exist (404); deleted, if it says so again in the next cycle"
    where = f"{known.kind}/{workspace_id}"
    return workspace_id, known, Warned(code=WarningCode.WORKSPACE_LOST, where=where, message=message)


async def _told(clients: Mapping[str, TrelloClient], workspace_id: WorkspaceId, known: Known) -> str | None:
    """Return what any grant was told other than that it does not exist; None where all were told just that."""
    path = f"/boards/{workspace_id}" if known.kind == BOARD else f"/organizations/{workspace_id}"
    for client in clients.values():
        try:
            await client.get_object(path, fields="id")
        except Gone:
            continue
        except (Forbidden, Unauthorised, BadReply, Refused) as error:
            return str(error)
        return "not listed any more, and still readable: the owner of the grant is no longer a member"
    return None if clients else "no grant works"

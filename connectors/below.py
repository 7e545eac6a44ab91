"""Below: records that are kept with all that hangs below them, though their workspace was listed without them."""

from collections.abc import AsyncIterator, Collection, Sequence

from connectors.base import Held, Kept
from store.record import ExternalId, Kind, WorkspaceId


async def keep(
    workspace_id: WorkspaceId, kind: Kind, external_ids: Collection[ExternalId], below: Sequence[Kind], held: Held
) -> AsyncIterator[Kept]:
    """Keep records, and of the kinds `below` what hangs below them; each kind after what it can hang below."""
    yield Kept(workspace_id=workspace_id, kind=kind, external_ids=external_ids)
    above = set(external_ids)
    for each in below:
        parents = await held(workspace_id, each)
        found = set[ExternalId]()
        while more := {one for one, parent in parents.items() if parent in above} - found:  # a kind can nest
            found |= more
            above |= more
        if found:
            yield Kept(workspace_id=workspace_id, kind=each, external_ids=found)

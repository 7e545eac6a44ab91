"""Look: what is told of a connection from several places at once."""

import orjson

from api.context import Info
from api.page import COUNTED, LARGEST
from api.types.coverage import Coverage, CoverageGap
from store import workspaces
from store.connected_apps import ConnectedApp
from workers.coverage import gaps


async def coverage(info: Info, connected: ConnectedApp) -> Coverage:
    """Say what of a connection is reached, and what is not."""
    account_id, connection_id = connected.account_id, connected.connection_id
    async with info.context.session() as session:
        in_scope = await workspaces.count(session, account_id, connection_id, in_scope=True, limit=COUNTED)
        reachable = await workspaces.count(
            session, account_id, connection_id, in_scope=True, reachable=True, limit=COUNTED
        )
        unreachable = await workspaces.page(
            session, account_id, connection_id, in_scope=True, reachable=False, limit=LARGEST
        )
    loaders = info.context.loaders
    latest = await loaders.latest_snapshot.load(connection_id)
    warnings = []
    if latest is not None:
        warnings = orjson.loads(await loaders.manifest.load(latest.snapshot_id)).get("warnings", [])
    connector = info.context.services.connectors.get(connected.app)
    methods = connector.spec.auth_methods if connector is not None else ()
    found = gaps(
        await loaders.grants.load(connection_id),
        unreachable,
        warnings,
        info.context.services.now(),
        renewing={method.name for method in methods if method.is_oauth2},
    )
    return Coverage(
        in_scope=in_scope,
        reachable=reachable,
        gap_count=len(found),
        gaps=[CoverageGap.of(gap, connection_id) for gap in found[:LARGEST]],
    )

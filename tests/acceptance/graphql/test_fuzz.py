"""Fuzz: schemathesis asks every field whatever the schema allows; nothing it asks is ever our fault."""

import asyncio

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes
from starlette.applications import Starlette

from api import ids
from tests.acceptance.graphql.live import serve
from tests.api_world import Holder

EXAMPLES = 6


def register(holder: Holder) -> None:
    """Say what the schema's own scalars look like; half of all ids are real."""
    assert holder.connected is not None
    real = [
        ids.encode(ids.Prefix.CONNECTION, holder.connected.connection_id),
        *(ids.encode(ids.Prefix.SNAPSHOT, snapshot.snapshot_id) for snapshot in holder.snapshots),
        *(ids.encode(ids.Prefix.OPERATION, snapshot.operation_id) for snapshot in holder.snapshots),
    ]
    schemathesis.graphql.scalar("ID", (st.sampled_from(real) | st.text(max_size=20)).map(nodes.String))
    schemathesis.graphql.scalar(
        "DateTime", (st.datetimes().map(lambda at: f"{at.isoformat()}Z") | st.text()).map(nodes.String)
    )
    for name in ("BigInt", "Digest"):
        schemathesis.graphql.scalar(name, st.text(max_size=8).map(nodes.String))


def fuzz(url: str, token: str) -> list[str]:
    """Ask; return every answer that was our fault."""
    headers = {"Authorization": f"Bearer {token}"}
    faults: list[str] = []
    schema = schemathesis.graphql.from_url(f"{url}/graphql", headers=headers)
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            response = case.call(headers=headers)
            if response.status_code >= 500 or '"INTERNAL"' in response.text:
                faults.append(f"{case.body} → {response.status_code} {response.text[:500]}")

        ask()
    return faults


@pytest.mark.timeout(240)
@pytest.mark.filterwarnings("ignore")  # schemathesis's own
async def test_nothing_asked_is_our_fault(app: Starlette, acme: Holder):
    register(acme)
    async with serve(app) as url:
        faults = await asyncio.to_thread(fuzz, url, acme.token)

    assert [] == faults

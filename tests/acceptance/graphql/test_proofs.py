"""Proofs asked for over GraphQL hold for somebody who has only the log's key."""

from typing import Any

from store import holds
from store.log import Log
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client
from tests.api_world import Holder
from tests.unit.store.auditor import ask


async def test_a_record_is_proven_to_an_outsider(client: Client, tmp_path):
    found = await client.ask(
        """query ($c: ID!) { account { log { origin size signedSize checkpoint verificationKeys
        growth(old: "2", new: "3") } }
        records(connectionId: $c, kinds: ["card"], first: 2) { nodes { proof content: versions(first: 1) { nodes
        { snapshot { proof manifestProof } } } } } }""",
        {"c": await connection_id(client)},
    )
    log = found["account"]["log"]
    (key,) = log["verificationKeys"]
    given = {"checkpoint": log["checkpoint"]}
    for node in found["records"]["nodes"]:
        snapshot = node["content"]["nodes"][0]["snapshot"]
        given |= {"disclosure": node["proof"], "proof": snapshot["proof"]}
        for command, text in given.items():
            file = tmp_path / command
            file.write_text(text)

            assert 0 == ask("--key", key, command, file)[0]
        (tmp_path / "manifest").write_text(snapshot["manifestProof"])
        assert 0 == ask("--key", key, "disclosure", tmp_path / "manifest")[0]

    assert ("3", "3") == (log["size"], log["signedSize"])
    assert log["growth"].startswith("old 2\n")


async def test_an_absence_is_proven_and_a_presence_is_not_denied(client: Client, acme: Holder, tmp_path):
    query = """query ($c: ID!, $id: String!) { account { log { verificationKeys } } connection(id: $c) { latestSnapshot
        { absenceProof(workspaceId: "w1", kind: "card", externalId: $id) } } }"""
    connection = await connection_id(client)
    found = await client.ask(query, {"c": connection, "id": "never-was"})
    file = tmp_path / "absence"
    file.write_text(found["connection"]["latestSnapshot"]["absenceProof"])
    (key,) = found["account"]["log"]["verificationKeys"]
    code, line = ask("--key", key, "disclosure", file)

    assert 0 == code, line
    assert "no record w1 card never-was is in snapshot 2" in line
    async with acme.repository.database.account(acme.account_id) as session:
        there = await session.fetchval(
            "select external_id from versions where kind = 'card' and to_seq is null limit 1"
        )
    assert ["CONFLICT"] == await client.codes(query, {"c": connection, "id": there})


async def test_the_log_is_read_entry_by_entry_and_each_is_proven(client: Client, acme: Holder, tmp_path):
    await holds.place(acme.repository, None, reason="Doe against Roe", by="somebody")
    query = """query ($last: Int, $before: String) { account { log { verificationKeys entries(last: $last,
        before: $before) { totalCount pageInfo { hasPreviousPage startCursor } nodes
        { number kind summary at text proof receipt snapshot { sequence } } } } } }"""

    async def asked(**given: Any) -> dict[str, Any]:
        return (await client.ask(query, given))["account"]["log"]

    uncovered = (await asked(last=1))["entries"]["nodes"][0]
    await Log(acme.repository).publish()
    newest = await asked(last=2)
    (key,) = newest["verificationKeys"]
    older = (await asked(last=2, before=newest["entries"]["pageInfo"]["startCursor"]))["entries"]
    nodes = [*older["nodes"], *newest["entries"]["nodes"]]

    assert ("hold", None, None) == (uncovered["kind"], uncovered["proof"], uncovered["receipt"])
    assert (4, True, False) == (
        older["totalCount"],
        newest["entries"]["pageInfo"]["hasPreviousPage"],
        older["pageInfo"]["hasPreviousPage"],
    )
    assert [("0", "genesis"), ("1", "snapshot"), ("2", "snapshot"), ("3", "hold")] == [
        (node["number"], node["kind"]) for node in nodes
    ]
    assert [None, {"sequence": "1"}, {"sequence": "2"}, None] == [node["snapshot"] for node in nodes]
    assert [True, True, True, False] == [node["receipt"] is None for node in nodes]
    for node in nodes:
        assert node["at"].startswith(node["text"]["time"].removesuffix("Z"))
        (tmp_path / "entry").write_text(node["proof"])
        assert 0 == ask("--key", key, "proof", tmp_path / "entry")[0]
    (tmp_path / "receipt").write_text(nodes[-1]["receipt"])
    code, line = ask("--key", key, "disclosure", tmp_path / "receipt")
    assert (0, True) == (code, "Doe against Roe" in line), line

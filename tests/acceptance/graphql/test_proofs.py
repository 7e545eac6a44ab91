"""Proofs asked for over GraphQL hold for somebody who has only the log's key."""

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

"""What a commit could not publish, a worker does later."""

from store import log, prove, snapshots
from store.errors import Unavailable
from store.log import Log
from workers.publish import publish_left


async def test_what_a_commit_left_unsigned_is_published(bench, monkeypatch, caplog):
    async def refuse(self):
        raise Unavailable("the bucket does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Log, "publish", refuse)
        await bench.back_up()

        assert [] == await publish_left(bench.runtime)
        assert "tried again" in caplog.text
    assert [bench.account_id] == await publish_left(bench.runtime)
    assert [] == await log.unpublished(bench.runtime.database)
    async with bench.runtime.database.account(bench.account_id) as connection:
        latest = await snapshots.latest(connection, bench.connected.connection_id)

    assert await prove.prove_statement(await bench.runtime.repository(bench.account_id), latest)

"""Deliveries: signed webhooks and mails, at least once each, none in the way of another."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from store import deliveries, destinations, events
from store.destinations import Channel
from store.errors import Invalid
from store.events import EventKind
from tests.contract.trello.listener import Listener
from tests.integration.workers.mail_server import certificate, mail_server, only_ada
from workers import telling
from workers.deliver import BACKOFF, Deliverer, backoff

AT_ONCE = timedelta(0)


@asynccontextmanager
async def deliverer(bench, *, gather=AT_ONCE, apart=AT_ONCE, **settings):
    settings = {"allow_private_addresses": True} | settings
    bench.runtime.settings = bench.runtime.settings.model_copy(update=settings)
    made = Deliverer(bench.runtime, gather=gather, apart=apart)
    yield made
    await made.aclose()


async def add(bench, to, *, kinds=None, allow_private=True):
    keys = (await bench.runtime.repository(bench.account_id)).keys
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await telling.add(
            connection,
            keys,
            bench.account_id,
            to,
            channel=Channel.WEBHOOK if "://" in to else Channel.EMAIL,
            kinds=kinds,
            allow_private=allow_private,
        )


async def happen(bench, *keys, kind=EventKind.BACKUP_FAILED):
    async with bench.runtime.database.account(bench.account_id) as connection:
        for key in keys:
            data = {"connection": {"name": f"Trello {key}"}, "failure": {"code": "X", "message": "m"}}
            await events.put(connection, account_id=bench.account_id, kind=kind, key=key, data=data)


async def sent(bench, destination):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await deliveries.page(
            connection, bench.account_id, destination.destination_id, backwards=True, limit=100
        )


async def destination_now(bench, destination):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await destinations.get(connection, bench.account_id, destination.destination_id)


async def make_due(bench):
    async with bench.runtime.database.system() as connection:
        await connection.execute("update deliveries set next_at = now() where status = 'waiting'")


async def test_each_event_is_posted_once_and_signed(bench):
    with Listener() as listener:
        destination, secret = await add(bench, f"{listener.url}/in?key=1")
        await happen(bench, "a", "b")
        async with deliverer(bench) as made:
            await made.deliver()
            await made.deliver()
        bodies = [Webhook(secret).verify(post.body, post.headers) for post in listener.posts]

    assert {"Trello a", "Trello b"} == {body["data"]["connection"]["name"] for body in bodies}
    assert {"backup.failed"} == {body["type"] for body in bodies}
    assert 2 == len({post.headers["webhook-id"] for post in listener.posts})
    assert {("/in?key=1", "application/json")} == {(post.path, post.headers["content-type"]) for post in listener.posts}
    assert [("delivered", 1)] * 2 == [(each.status, each.attempts) for each in await sent(bench, destination)]
    now = await destination_now(bench, destination)
    assert (None, None, True) == (now.reason, now.failing_since, now.arrived_at is not None)


async def test_only_what_was_wanted_is_sent(bench):
    with Listener() as listener:
        some, _ = await add(bench, f"{listener.url}/some", kinds=[EventKind.BACKUP_DRIFT])
        await add(bench, f"{listener.url}/all")
        await happen(bench, "a")
        await happen(bench, "b", kind=EventKind.BACKUP_DRIFT)
        async with deliverer(bench) as made:
            await made.deliver()

    assert ["/all", "/all", "/some"] == sorted(post.path for post in listener.posts)
    assert 1 == len(await sent(bench, some))


async def test_a_receiver_that_fails_is_tried_again_later_with_the_same_id(bench):
    with Listener(status=503) as listener:
        destination, secret = await add(bench, listener.url)
        await happen(bench, "a")
        async with deliverer(bench) as made:
            await made.deliver()
            assert 0 == await made.deliver()
            (waiting,) = await sent(bench, destination)
            failing = await destination_now(bench, destination)
            listener.status = 204
            await make_due(bench)
            await made.deliver()
    (done,) = await sent(bench, destination)

    assert ("waiting", 1) == (waiting.status, waiting.attempts)
    assert "answered 503" in waiting.reason
    assert listener.url not in waiting.reason
    assert failing.failing_since is not None
    assert ("delivered", 2, None) == (done.status, done.attempts, done.reason)
    assert None is (await destination_now(bench, destination)).failing_since
    assert 1 == len({post.headers["webhook-id"] for post in listener.posts})
    for post in listener.posts:
        Webhook(secret).verify(post.body, post.headers)


def test_attempts_go_on_for_three_days():
    assert timedelta(days=3) <= sum(BACKOFF, timedelta()) <= timedelta(days=3, hours=6)
    assert all(0.9 * wait <= backoff(number) <= 1.1 * wait for number, wait in enumerate(BACKOFF, 1))


async def test_what_never_arrives_is_given_up_and_can_be_asked_for_again(bench):
    with Listener(status=500) as listener:
        destination, _ = await add(bench, listener.url)
        await happen(bench, "a")
        async with deliverer(bench) as made:
            for _ in range(len(BACKOFF) + 3):
                await make_due(bench)
                await made.deliver()
            (failed,) = await sent(bench, destination)
            listener.status = 200
            async with bench.runtime.database.account(bench.account_id) as connection:
                await deliveries.send_again(connection, bench.account_id, failed.delivery_id)
            await made.deliver()
    (done,) = await sent(bench, destination)

    assert ("failed", len(BACKOFF) + 1) == (failed.status, failed.attempts)
    assert len(BACKOFF) + 2 == len(listener.posts)
    assert "delivered" == done.status


async def test_a_receiver_that_says_gone_is_sent_nothing_more(bench):
    with Listener(status=410) as listener:
        destination, _ = await add(bench, listener.url)
        await happen(bench, "a")
        async with deliverer(bench) as made:
            await made.deliver()
            await happen(bench, "b")
            await make_due(bench)
            await made.deliver()
    now = await destination_now(bench, destination)

    assert 1 == len(listener.posts)
    assert (True, "the receiver answered 410: it wants no more events") == (now.is_paused, now.reason)


async def test_one_bad_receiver_is_in_nobodys_way(bench):
    with Listener() as good, Listener(status=500) as bad:
        for url in (bad.url, "http://127.0.0.1:9", good.url):
            await add(bench, url)
        await happen(bench, *"abcde")
        async with deliverer(bench) as made:
            await made.deliver()

    assert 5 == len(good.posts)


async def test_a_worker_that_dies_while_it_sends_loses_nothing(bench):
    with Listener() as listener:
        destination, _ = await add(bench, listener.url)
        await happen(bench, "a")
        async with bench.runtime.database.system() as connection:
            taken = await deliveries.claim_webhooks(connection, lease=timedelta(minutes=2), limit=10)
        async with deliverer(bench) as made:
            assert 0 == await made.deliver()
            await make_due(bench)  # the lease has passed
            await made.deliver()

    assert 1 == len(taken)
    assert 1 == len(listener.posts)
    assert ["delivered"] == [each.status for each in await sent(bench, destination)]


async def test_of_many_workers_one_sends(bench):
    with Listener() as listener, mail_server() as post:
        await add(bench, listener.url)
        await add(bench, "ada@example.org")
        await happen(bench, *"abc")
        mail = {"smtp_url": f"smtp://127.0.0.1:{post.port}?tls=never", "mail_from": "holdfast@example.org"}
        async with deliverer(bench, **mail) as one, deliverer(bench, **mail) as other:
            await asyncio.gather(one.deliver(), other.deliver(), one.deliver(), other.deliver())

    assert 3 == len(listener.posts)
    assert 1 == len(post.mails)


async def test_a_private_address_is_refused_when_added_and_again_when_it_is_sent_to(bench):
    for url in ("https://127.0.0.1/x", "https://10.0.0.1/x", "https://169.254.169.254/", "https://[::1]/x"):
        with pytest.raises(Invalid):
            await add(bench, url, allow_private=False)
    with Listener() as listener:
        destination, _ = await add(bench, listener.url)
        await happen(bench, "a")
        async with deliverer(bench, allow_private_addresses=False) as made:
            await made.deliver()
    (waiting,) = await sent(bench, destination)

    assert [] == listener.posts
    assert "waiting" == waiting.status
    assert "only https is spoken" == waiting.reason


@pytest.mark.parametrize(
    "to", ["http://example.org", "ftp://example.org", "https://a:b@example.org/", "https://", "x", ""]
)
async def test_what_is_no_address_is_not_kept(bench, to):
    channel = Channel.WEBHOOK if "://" in to else Channel.EMAIL
    with pytest.raises(Invalid):
        telling.check(to, channel, allow_private=False)


async def test_an_account_has_so_many_destinations_and_no_more(bench):
    for number in range(telling.MOST):
        await add(bench, f"ada{number}@example.org")
    with pytest.raises(telling.TooMany):
        await add(bench, "eve@example.org")


@pytest.fixture
def post(bench):
    with mail_server() as running:
        yield running


def by(post, **changes):
    return {"smtp_url": f"smtp://127.0.0.1:{post.port}?tls=never", "mail_from": "holdfast@example.org"} | changes


async def test_what_happens_within_a_while_is_in_one_mail(bench, post):
    destination, secret = await add(bench, "ada@example.org")
    await happen(bench, *"abcdefg")
    async with deliverer(bench, **by(post)) as made:
        await made.deliver()
    (mail,) = post.mails

    assert secret is None
    assert ["ada@example.org"] == post.recipients
    assert "Holdfast, Acme: 7 things to know" == mail["Subject"]
    assert all(f"The backup of Trello {key} failed" in mail.get_content() for key in "abcdefg")
    assert {"delivered"} == {each.status for each in await sent(bench, destination)}


async def test_a_mail_waits_for_more_and_mails_keep_apart(bench, post):
    await add(bench, "ada@example.org")
    await happen(bench, "a")
    async with deliverer(bench, **by(post), gather=timedelta(minutes=5)) as made:
        await made.deliver()
        assert [] == post.mails
    async with deliverer(bench, **by(post), apart=timedelta(hours=1)) as made:
        await made.deliver()
        await happen(bench, "b")
        await made.deliver()
        assert 1 == len(post.mails)
        async with bench.runtime.database.system() as connection:
            await connection.execute("update destinations set arrived_at = now() - interval '61 minutes'")
        await happen(bench, "c")
        await made.deliver()

    assert "2 things to know" in post.mails[1]["Subject"]


async def test_a_test_waits_for_nothing(bench, post):
    destination, _ = await add(bench, "ada@example.org", kinds=[EventKind.BACKUP_DRIFT])
    await add(bench, "bob@example.org")
    async with bench.runtime.database.account(bench.account_id) as connection:
        await telling.test(connection, destination)
    async with deliverer(bench, **by(post), gather=timedelta(hours=1), apart=timedelta(hours=1)) as made:
        await made.deliver()

    assert ["ada@example.org"] == post.recipients
    assert "Holdfast, Acme: This is a test" == post.mails[0]["Subject"]


async def test_an_address_that_is_refused_for_good_is_given_up(bench, post):
    destination, _ = await add(bench, "ada@example.org")
    await happen(bench, "a")
    post.refuse = "450 mailbox busy"
    async with deliverer(bench, **by(post)) as made:
        await made.deliver()
        (waiting,) = await sent(bench, destination)
        post.refuse = "550 no such user ada@example.org"
        await make_due(bench)
        await made.deliver()
    (failed,) = await sent(bench, destination)

    assert ("waiting", "the mail server refused the address (450)") == (waiting.status, waiting.reason)
    assert ("failed", "the mail server refused the address (550)") == (failed.status, failed.reason)


async def test_a_mail_server_that_is_away_is_tried_again(bench):
    destination, _ = await add(bench, "ada@example.org")
    await happen(bench, "a")
    with mail_server() as gone:
        pass
    async with deliverer(bench, **by(gone)) as made:
        await made.deliver()
    (waiting,) = await sent(bench, destination)

    assert ("waiting", "the mail server does not answer (ConnectionRefusedError)") == (waiting.status, waiting.reason)


async def test_mail_is_signed_in_under_tls_and_never_without(bench, tmp_path, monkeypatch):
    context, trusted = certificate(tmp_path)
    destination, _ = await add(bench, "ada@example.org")
    await happen(bench, "a")
    options = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": only_ada}
    with mail_server(**options) as secure, mail_server() as bare:
        mail = by(secure, smtp_url=f"smtp://ada:p%40ss@127.0.0.1:{secure.port}")
        async with deliverer(bench, **mail) as made:
            await made.deliver()
            (untrusted,) = await sent(bench, destination)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        for url in (f"smtp://ada:wrong@127.0.0.1:{secure.port}", f"smtp://ada:p%40ss@127.0.0.1:{bare.port}"):
            await make_due(bench)
            async with deliverer(bench, **by(secure, smtp_url=url)) as made:
                await made.deliver()
            (refused,) = await sent(bench, destination)
            assert "p@ss" not in refused.reason
        await make_due(bench)
        async with deliverer(bench, **mail) as made:
            await made.deliver()

    assert "the mail server's certificate does not hold" == untrusted.reason
    assert "the mail server offers no TLS, or no way to sign in" == refused.reason
    assert (0, 1) == (len(bare.mails), len(secure.mails))


async def test_without_a_mail_server_mails_wait_and_webhooks_do_not(bench):
    destination, _ = await add(bench, "ada@example.org")
    with Listener() as listener:
        await add(bench, listener.url)
        await happen(bench, "a")
        async with deliverer(bench) as made:
            await made.deliver()

    assert 1 == len(listener.posts)
    assert ["waiting"] == [each.status for each in await sent(bench, destination)]


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(bench):
    keys = (await bench.runtime.repository(bench.account_id)).keys
    with Listener() as listener:
        destination, old = await add(bench, listener.url)
        async with bench.runtime.database.account(bench.account_id) as connection:
            _, new = await destinations.replace_secret(connection, keys, destination, datetime.now(UTC))
        await happen(bench, "a")
        async with deliverer(bench) as made:
            await made.deliver()
    (post,) = listener.posts

    for secret in (old, new):
        assert json.loads(post.body) == Webhook(secret).verify(post.body, post.headers)


async def test_what_is_removed_meanwhile_is_in_nobodys_way(bench):
    with Listener() as listener:
        gone, _ = await add(bench, f"{listener.url}/gone")
        await add(bench, f"{listener.url}/here")
        await happen(bench, "a")
        async with bench.runtime.database.account(bench.account_id) as connection:
            await destinations.remove(connection, bench.account_id, gone.destination_id)
        async with deliverer(bench) as made:
            await made.deliver()

    assert ["/here"] == [post.path for post in listener.posts]

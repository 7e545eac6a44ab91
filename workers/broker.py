"""Broker: where wake-ups travel. RabbitMQ, Redis, or this process's memory; the same code on each."""

from urllib.parse import urlsplit

import dramatiq
from dramatiq import Middleware
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AsyncIO, Retries, ShutdownNotifications, TimeLimit

Broker = dramatiq.Broker
"""By this name outside `workers`, where nothing else knows Dramatiq."""

QUEUE = "holdfast"
PERFORM = "perform"
"""The one queue, and the one actor on it."""

TIME_LIMIT_MS = 24 * 60 * 60 * 1000
"""A message may take as long as its operation is leased: the lease, which needs a live worker, is the real limit."""


class UnknownBroker(ValueError):  # noqa: N818 - says what it is
    """HOLDFAST_BROKER_URL names no broker that is known."""


def open_broker(url: str | None) -> Broker:
    """Make the broker that a URL names; with none, one that lives and dies with this process. Does not connect yet.

    What is lost with a broker is only wake-ups: the sweeper sends them again from the operations in Postgres.
    """
    if url is None:
        return StubBroker(middleware=_middleware())
    match urlsplit(url).scheme:
        # Each client is imported where it is asked for: every command would wait for them.
        case "amqp" | "amqps":
            from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415

            return RabbitmqBroker(url=url, middleware=_middleware(), confirm_delivery=True)
        case "redis" | "rediss" | "unix":
            from dramatiq.brokers.redis import RedisBroker  # noqa: PLC0415

            return RedisBroker(  # type: ignore[no-untyped-call]
                url=url, middleware=_middleware(), namespace="holdfast"
            )
        case scheme:
            raise UnknownBroker(
                f"a broker's URL starts with amqp://, amqps://, redis://, rediss:// or unix://, not {scheme}://"
            )


def _middleware() -> list[Middleware]:
    return [
        TimeLimit(time_limit=TIME_LIMIT_MS),
        # A worker that is asked to stop interrupts its actors; they give their operations back to the queue.
        ShutdownNotifications(notify_shutdown=True),
        # Few and fast: these are for a Postgres that is away for a moment. Faults of the work itself are on its row.
        Retries(max_retries=3, min_backoff=1_000, max_backoff=30_000),
        AsyncIO(),
    ]

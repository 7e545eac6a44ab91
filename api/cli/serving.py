"""Serving: the API's application, on an open runtime."""

from typing import TYPE_CHECKING

from api.context import Services
from api.operation_feed import OperationFeed
from connectors.registry import SPECS
from store.record import OperationId
from workers.queue import Queue
from workers.runtime import Runtime

if TYPE_CHECKING:
    from starlette.applications import Starlette


def app_of(runtime: Runtime, queue: Queue, *, public_url: str) -> "Starlette":
    """Make the application that answers for this runtime."""
    from api.app import create_app  # noqa: PLC0415 - the schema takes half a second, which `connect` need not wait for

    return create_app(services_of(runtime, queue, public_url=public_url))


def services_of(runtime: Runtime, queue: Queue | None = None, *, public_url: str | None = None) -> Services:
    """Say what every request may use. Without a queue, operations wait for the sweeper."""

    async def wake(operation_id: OperationId) -> None:
        if queue is not None:
            await queue.wake(operation_id)

    return Services(
        database=runtime.database,
        repository=runtime.repository,
        connectors={app: runtime.connector(app) for app in SPECS},
        wake=wake,
        feed=OperationFeed(),
        drive=runtime.drive,
        public_url=public_url or runtime.settings.public_address,
        sends_mail=runtime.settings.mail_server is not None,
        allow_private=runtime.settings.allow_private_addresses,
    )

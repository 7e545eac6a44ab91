"""`holdfast api | worker | scheduler | migrate`: the parts that scale apart, on a Postgres and a broker of your own."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from api.cli.exits import CommandError, Exit
from api.cli.logs import log_to_stderr
from api.cli.options import JsonFlag
from api.cli.output import emit_json, err, out
from api.cli.serving import app_of
from api.cli.stack import Stopped, listen, serving, until_stopped, url_of
from store.database import Database
from workers.broker import open_broker
from workers.queue import Queue
from workers.runtime import Runtime
from workers.scheduler import schedule_forever
from workers.settings import Settings, variable
from workers.worker import Worker


def api() -> None:
    """Serve the API alone."""
    settings = production(needs_broker=True)

    async def work() -> None:
        runtime = await Runtime.open(settings)
        broker = open_broker(settings.broker_url)
        try:
            with listen(settings) as listener:
                url = url_of(settings, listener)
                async with serving(app_of(runtime, Queue(broker), public_url=url), listener):
                    err.print(f"[dim]The API answers on {url}/graphql")
                    await until_stopped(asyncio.Event().wait())
        finally:
            broker.close()
            await runtime.close()

    _until_stopped(work)


def worker() -> None:
    """Run operations that the API and the scheduler start."""
    settings = production(needs_broker=True)

    async def work() -> None:
        running = Worker(settings, open_broker(settings.broker_url))
        await asyncio.to_thread(running.start)
        err.print("[dim]The worker is ready.")
        try:
            await until_stopped(asyncio.Event().wait())
        finally:
            await asyncio.to_thread(running.stop)

    _until_stopped(work)


def scheduler() -> None:
    """Start the daily backups. Run as many as you like: one of them leads."""
    settings = production(needs_broker=True)

    async def work() -> None:
        database = await Database.open(str(settings.database_url), connections=2)
        broker = open_broker(settings.broker_url)
        err.print("[dim]The scheduler is ready.")
        try:
            scheduling = schedule_forever(
                database,
                Queue(broker),
                full_every_days=settings.full_every_days,
                drill_every_days=settings.drill_days,
                drill_into=settings.drill_into,
            )
            await until_stopped(scheduling)
        finally:
            broker.close()
            await database.close()

    _until_stopped(work)


def migrate(*, json: JsonFlag = False) -> None:
    """Bring the schema of HOLDFAST_DATABASE_URL up to date. Safe to run from many places at once."""
    settings = production(needs_broker=False)

    async def work() -> list[str]:
        database = await Database.open(str(settings.database_url), connections=2)
        try:
            return await database.migrate()
        finally:
            await database.close()

    done = asyncio.run(work())
    if json:
        emit_json({"migrated": done})
    else:
        out.print("\n".join(done) if done else "The schema is up to date.", markup=False)


def production(*, needs_broker: bool) -> Settings:
    """Read settings that name a Postgres and, for what talks to another process, a broker."""
    settings = Settings.load()
    missing = [variable("database_url")] if settings.database_url is None else []
    if needs_broker and settings.broker_url is None:
        missing.append(variable("broker_url"))
    if missing:
        raise CommandError(
            f"set {' and '.join(missing)}; to run everything in one place, use `holdfast up`", Exit.USAGE
        )
    log_to_stderr(settings.log_level)
    return settings


def _until_stopped(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        asyncio.run(work())
    except Stopped:
        err.print("[dim]Stopped.")

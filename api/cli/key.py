"""`holdfast key`: the master key, which wraps the keys of every account."""

import typer

from api.cli.options import JsonFlag
from api.cli.output import emit_json, out
from api.cli.session import in_place
from store.account_keys import rotate as rotate_keys
from store.master_keys import generate
from store.record import AccountId
from workers.runtime import Runtime, open_master_keys
from workers.settings import Settings, variable

app = typer.Typer(help="The master key, which wraps the keys of every account.", no_args_is_help=True)


@app.command()
def new(*, json: JsonFlag = False) -> None:
    """Make a fresh master key and print it, once. It is not kept or put to use."""
    key = generate()
    if json:
        emit_json({"key": key})
    else:
        out.print(key, soft_wrap=True, markup=False)


@app.command("show-id")
def show_id(*, json: JsonFlag = False) -> None:
    """Print the ids of the master keys in use, the current first. An id gives nothing of the key away."""
    ring = open_master_keys(Settings.load())
    ids = [key.id.hex() for key in ring.keys]
    if json:
        emit_json({"current": ids[0], "older": ids[1:]})
    else:
        out.print(f"{ids[0]}  current", *(f"{each}  older" for each in ids[1:]), sep="\n", markup=False)


@app.command()
def rotate(*, json: JsonFlag = False) -> None:
    """Wrap every account's keys under the current master key.

    First set the new key as the current one and the old one as an older one; drop that when this has run. What is
    stored is not written again.
    """

    async def work(runtime: Runtime) -> list[AccountId]:
        return await rotate_keys(runtime.database, runtime.backend, runtime.masters)

    changed = in_place(work)
    if json:
        emit_json({"rewrapped": changed})
    else:
        out.print(f"{len(changed):,} accounts were wrapped anew; {variable('master_key_old')} can go.")

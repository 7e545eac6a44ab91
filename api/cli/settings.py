"""`holdfast settings`: what this program can be told."""

from api.cli.options import JsonFlag
from api.cli.output import add_rows, emit_json, out, table
from workers.settings import Settings


def settings(*, json: JsonFlag = False) -> None:
    """List every setting: its variable, its value, and what it means. Secrets are masked."""
    listed = Settings.load().describe()
    if json:
        emit_json(
            [
                {
                    "variable": each.variable,
                    "type": each.type,
                    "value": each.value,
                    "default": each.default,
                    "source": each.source,
                    "meaning": each.meaning,
                }
                for each in listed
            ]
        )
        return
    rows = [(each.variable, each.value, each.source, each.meaning) for each in listed]
    out.print(add_rows(table("variable", "value", "from", "meaning"), rows))

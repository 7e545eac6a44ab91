"""Fields of columns and views."""

import orjson

from connectors.monday.sandbox.objects import Column, Json, View
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Column", "settings_str")
def settings_str(source: Column, _: Context) -> str:
    """Its settings as text."""
    return orjson.dumps(source.settings).decode()


@answers("Column", "capabilities")
def column_capabilities(source: Column, _: Context) -> Json:
    """What else it does."""
    adds_up = {"function": source.function, "calculated_type": source.type}
    return {"calculated": adds_up if source.function else None, "visibility": None}


@answers("BoardView", "settings_str", "view_specific_data_str")
def view_settings_str(source: View, _: Context) -> str:
    """Its settings as text."""
    return orjson.dumps(source.settings).decode()

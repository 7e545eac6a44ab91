"""Columns: what each column type takes, keeps and shows."""

from connectors.monday.sandbox.columns.choices import CHOICES
from connectors.monday.sandbox.columns.computed import COMPUTED
from connectors.monday.sandbox.columns.files import FILES
from connectors.monday.sandbox.columns.kind import ColumnKind
from connectors.monday.sandbox.columns.plain import PLAIN
from connectors.monday.sandbox.columns.relations import RELATIONS

KINDS: dict[str, ColumnKind] = {kind.type: kind for kind in (*PLAIN, *CHOICES, *RELATIONS, *FILES, *COMPUTED)}
"""By column type; one that is not here is shown as unsupported."""

"""Cases: those of every app. An app adds its own in a file of its name, and a line here."""

from tests.fidelity import monday, trello
from tests.fidelity.case import Case

CASES: tuple[Case, ...] = (*monday.CASES, *trello.CASES)

"""Table: outcomes as `docs/fidelity.md`, for people. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from connectors.registry import SPECS
from store.record import Kind
from tests.fidelity.run import Outcome, Tally

_HEAD = """# What comes back

Whole workspaces are backed up, deleted in a stand-in of the app, restored as a copy, and backed up again; then the two
backups are compared record by record, through the ids that the restore made. `make fidelity` writes this page.

- **held**: records in the first backup. **restored**: made again. **cannot**: said before that they cannot be.
- **equal**, **lost**, **wrong**: fields. Lost ones are declared before anything is written, with the reason; below.
- **duplicates**: records in the second backup that were not to be there. Wrong and duplicates have to be zero.

Redmine needs no stand-in: what comes back of it is measured on the real server (`docs/redmine.md`).
"""
_COLUMNS = ("held", "restored", "cannot", "equal", "lost", "wrong", "duplicates")


def page(outcomes: Sequence[Outcome]) -> str:
    """Write the whole page."""
    parts = [_HEAD]
    reasons: defaultdict[str, defaultdict[Kind, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for app in dict.fromkeys(outcome.case.app for outcome in outcomes):
        parts.append(f"\n## {SPECS[app].title}\n")
        for outcome in outcomes:
            if outcome.case.app == app:
                parts.append(_block(outcome))
                for kind, tally in outcome.kinds.items():
                    reasons[app][kind] |= tally.reasons
        parts.append(_losses(reasons[app]))
    return "".join(parts)


def totals(outcomes: Iterable[Outcome]) -> Mapping[str, int]:
    """Add everything up."""
    tallies = [tally for outcome in outcomes for tally in outcome.kinds.values()]
    return {name: sum(getattr(tally, name) for tally in tallies) for name in ("equal", "lost", "wrong", "duplicates")}


def _block(outcome: Outcome) -> str:
    title = outcome.case.title
    lines = [f"\n### {title[0].upper()}{title[1:]}\n", f"\n{outcome.calls:,} calls planned.\n\n"]
    lines.append(f"| kind | {' | '.join(_COLUMNS)} |\n|---|{'--:|' * len(_COLUMNS)}\n")
    total = Tally()
    for kind, tally in sorted(outcome.kinds.items()):
        lines.append(_row(kind, tally))
        for name in _COLUMNS:
            setattr(total, name, getattr(total, name) + getattr(tally, name))
    lines.append(_row("**all**", total))
    return "".join(lines)


def _row(name: str, tally: Tally) -> str:
    return f"| {name} | {' | '.join(f'{getattr(tally, column):,}' for column in _COLUMNS)} |\n"


def _losses(reasons: Mapping[Kind, set[tuple[str, str]]]) -> str:
    lines = ["\n### What is lost, and why\n\n| kind | field | why |\n|---|---|---|\n"]
    for kind, found in sorted(reasons.items()):
        by_reason: defaultdict[str, list[str]] = defaultdict(list)
        for name, why in sorted(found):
            by_reason[why].append(f"`{name}`" if name else "the whole record")
        lines += [f"| {kind} | {', '.join(names)} | {why} |\n" for why, names in sorted(by_reason.items())]
    return "".join(lines)

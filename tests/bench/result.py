"""Result: one figure, beside a peer's where there is one, and the target it is held against."""

import json
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

BUILD = Path("build/bench.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row of the table. `ok` says whether the target is met; None where there is none."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    target: str | None = None
    limit: float | None = None
    """The most that `ratio` (with a peer) or `value` (without) may be; where negative, the least: -95, at least 95."""

    @property
    def ratio(self) -> float | None:
        """Ours to theirs."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def ok(self) -> bool | None:
        """Whether the limit is kept; None without one, or where the peer is not installed."""
        measured = self.ratio if self.peer else self.value
        if self.limit is None or measured is None:
            return None
        return measured >= -self.limit if self.limit < 0 else measured <= self.limit


def write(results: list[Result]) -> None:
    """Write `build/bench.json`, the rows in the order measured."""
    BUILD.parent.mkdir(exist_ok=True)
    rows = []
    for result in results:
        row = asdict(result) | {"ratio": result.ratio, "ok": result.ok}
        del row["limit"]
        rows.append(row)
    BUILD.write_text(json.dumps(rows, indent=1) + "\n")


def table(results: list[Result]) -> str:
    """Lay the results out for a terminal."""
    lines = [f"{'name':<28}{'value':>12} {'unit':<11}{'peer':<14}{'peer value':>12}{'ratio':>8}  target"]
    for r in results:
        peer_value = "" if r.peer_value is None else f"{r.peer_value:,.3f}"
        peer = r.peer or ""
        if r.peer and r.peer_value is None:
            peer_value = "not installed"
        ratio = "" if r.ratio is None else f"{r.ratio:.3f}"
        verdict = {True: "met", False: "MISSED", None: ""}[r.ok]
        figures = f"{r.value:>12,.3f} {r.unit:<11}{peer:<14}{peer_value:>12}{ratio:>8}"
        lines.append(f"{r.name:<28}{figures}  {r.target or ''} {verdict}")
    return "\n".join(lines)


def machine() -> str:
    """Say what was measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=False).stdout.strip()
    return f"{cores} cores, {model}, Python {platform.python_version()}, {platform.system()} {platform.release()}"

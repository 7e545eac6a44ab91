"""Suites: named parts of the tests, run one after another; the last line of what they print is one JSON document."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from xml.etree import ElementTree  # noqa: ICN001 - as .ci/run has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one suite; `ok` is false where a test failed or none could run."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)
    """What its tests recorded that they counted, added up."""

    @property
    def ok(self) -> bool:
        return self.failed == 0 and self.passed > 0


def run(suites: Mapping[str, Sequence[str]], arguments: Sequence[str]) -> int:
    """Run each suite thoroughly; returns an exit code, 0 only if none failed.

    A suite of which every test was skipped, because something is not installed, is told of loudly; the others count.
    """
    found: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, paths in suites.items():
            print(f"=== {name}", flush=True)
            found[name] = _outcome(paths, Path(folder) / f"{name}.xml", arguments)
    for name, outcome in found.items():
        if outcome.skipped:
            print(f"SKIPPED: {outcome.skipped} tests of {name}: see above for what is not installed")
    ok = all(each.ok or (each.failed == 0 and each.passed == 0 and each.skipped > 0) for each in found.values())
    print(json.dumps({"ok": ok, "checks": {name: asdict(each) for name, each in found.items()}}))
    return 0 if ok else 1


def _outcome(paths: Sequence[str], report: Path, arguments: Sequence[str]) -> Outcome:
    started = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rs",
        "-o",
        "junit_family=xunit1",
        f"--junit-xml={report}",
        *paths,
        *arguments,
    ]
    code = subprocess.run(command, env={**os.environ, "HOLDFAST_TEST_THOROUGH": "1"}, check=False).returncode
    passed = failed = skipped = 0
    counts: dict[str, int] = {}
    for suite in ElementTree.parse(report).iter("testsuite") if report.exists() else ():
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        failed, skipped = failed + bad, skipped + int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - bad - int(suite.get("skipped", 0))
        for one in suite.iter("property"):
            name, value = str(one.get("name")), str(one.get("value"))
            # Hypothesis records its statistics in the same place.
            if value.isdecimal():
                counts[name] = counts.get(name, 0) + int(value)
    if code not in {0, 5} and failed == 0:
        failed = 1
    seconds = round(time.monotonic() - started, 1)
    return Outcome(passed=passed, failed=failed, skipped=skipped, seconds=seconds, counts=counts)

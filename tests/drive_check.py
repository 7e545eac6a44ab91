"""`make drive-check`: the copy in Google Drive, checked by two clients that are not ours, and killed at every step.

Google's own Python client and an unmodified rclone drive the stand-in and read what the sync wrote; then the sync dies
at each of its requests and has to resume. The last line is one JSON document.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree  # noqa: ICN001 - as .ci/run has it

CHECKS = {
    "google_client": ["tests/contract/google_drive"],
    "rclone": ["tests/integration/drive"],
    "sync": [
        "tests/integration/workers/test_drive_sync.py",
        "tests/integration/workers/test_drive_tampering.py",
        "tests/integration/workers/test_drive_kill.py",
    ],
    "every_step": ["tests/integration/workers/test_drive_crash.py"],
}


@dataclass(frozen=True)
class Outcome:
    """What came of one check; `ok` is false where a test failed or none could run."""

    passed: int
    failed: int
    skipped: int
    seconds: float

    @property
    def ok(self) -> bool:
        return self.failed == 0 and self.passed > 0


def run(paths: list[str], report: Path, arguments: list[str]) -> Outcome:
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", *paths, *arguments]
    code = subprocess.run(command, env={**os.environ, "HOLDFAST_TEST_THOROUGH": "1"}, check=False).returncode
    passed = failed = skipped = 0
    for suite in ElementTree.parse(report).iter("testsuite") if report.exists() else ():
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        failed, skipped = failed + bad, skipped + int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - bad - int(suite.get("skipped", 0))
    if code not in {0, 5} and failed == 0:
        failed = 1
    return Outcome(passed=passed, failed=failed, skipped=skipped, seconds=round(time.monotonic() - started, 1))


def main(arguments: list[str]) -> int:
    found: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, paths in CHECKS.items():
            print(f"=== {name}", flush=True)
            found[name] = run(paths, Path(folder) / f"{name}.xml", arguments)
    for name, outcome in found.items():
        if outcome.skipped:
            print(f"SKIPPED: {outcome.skipped} tests of {name}: see above for what is not installed")
    # Where rclone cannot be had its check is skipped, loudly, and the others still count.
    ok = all(each.ok or (each.failed == 0 and each.passed == 0 and each.skipped > 0) for each in found.values())
    print(json.dumps({"ok": ok, "checks": {name: asdict(each) for name, each in found.items()}}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

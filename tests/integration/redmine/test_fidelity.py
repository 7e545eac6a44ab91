"""Fidelity: what of a project comes back, counted on the real server, is what docs/redmine.md says.

`HOLDFAST_TEST_WRITE=yes make test-redmine ARGS='-k fidelity'` writes the table instead of comparing it.
"""

import os
from collections import Counter, defaultdict
from pathlib import Path

from connectors.redmine.kinds import KINDS
from tests.integration.redmine.test_writer import Writing, case, lost_and_restored
from workers.restoring.readback import Finding, Result

__all__ = ["case"]

_PAGE = Path(__file__).parents[3] / "docs" / "redmine.md"
_HEAD = "| record | held | restored | cannot | fields equal | lost | wrong |\n|---|--:|--:|--:|--:|--:|--:|\n"
_COUNTED = ("held", "restored", "cannot", "equal", "lost", "wrong")


def counted(finding: Finding) -> Counter[str]:
    cannot = finding.result is Result.CANNOT
    return Counter(
        held=1,
        restored=finding.result in {Result.EQUAL, Result.LOST},
        cannot=cannot,
        equal=finding.equal,
        lost=len(finding.lost),
        wrong=len(finding.wrong) + (finding.result is Result.FAILED),
    )


def table(findings: list[Finding]) -> str:
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        for title in (KINDS[finding.key[0]].title, "**all**"):
            kinds[title] += counted(finding)
    rows = [*sorted(kinds.keys() - {"**all**"}), "**all**"]
    return _HEAD + "".join(
        f"| {title} | {' | '.join(f'{kinds[title][name]:,}' for name in _COUNTED)} |\n" for title in rows
    )


async def test_what_comes_back_is_what_the_page_says(case: Writing):
    restored, _ = await lost_and_restored(case)
    found = table(list(restored.findings.values()))

    page = _PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(_HEAD)
    written, _, after = rest.partition("\n\n")
    if os.environ.get("HOLDFAST_TEST_WRITE") == "yes":
        _PAGE.write_text(f"{before}{found}\n{after}", encoding="utf-8")
    else:
        assert f"{_HEAD}{written}\n" == found
    assert () == restored.extra
    assert {} == restored.of(Result.WRONG, Result.FAILED)

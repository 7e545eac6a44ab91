"""Pages: each app's says what its spec says."""

import pytest

from connectors.page import page, path_of
from connectors.registry import SPECS


@pytest.mark.parametrize("app", SPECS)
def test_an_apps_page_is_what_its_spec_says(app):
    assert page(SPECS[app]) == path_of(SPECS[app]).read_text(encoding="utf-8"), "make pages"


@pytest.mark.parametrize("app", SPECS)
def test_a_page_names_every_kind_and_says_why_not(app):
    text = page(SPECS[app])
    told = [
        said
        for spec in SPECS[app].kinds.values()
        for said in (f"| {spec.title} | `{spec.kind}` |", spec.why_not, *spec.lost_on_restore, *spec.volatile)
        if said is not None
    ]

    assert [] == [said for said in (*told, *SPECS[app].not_reachable) if said not in text]


def test_the_first_page_links_to_each():
    readme = (path_of(next(iter(SPECS.values()))).parents[2] / "README.md").read_text(encoding="utf-8")

    assert [] == [app for app in SPECS if f"](connectors/{app})" not in readme]

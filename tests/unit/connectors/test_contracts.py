"""Contracts: every app is held to all that hold of its kind, and `connectors/README.md` says where."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors import registry
from connectors.hooks import hooks_of
from connectors.registry import SPECS
from workers.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "connectors" / "README.md"
_LINK = re.compile(r"\]\(([^)#]+)\)")


def kept(contract: str) -> Mapping[str, list[Path]]:
    """Find the classes that keep a contract, by name, and the files that they are in."""
    found: dict[str, list[Path]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        if contract not in (text := file.read_text(encoding="utf-8")):
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and contract in {getattr(base, "id", "") for base in node.bases}:
                found.setdefault(node.name, []).append(file)
    return found


async def contracts(app: str) -> Mapping[str, str]:
    """Name the contracts that hold of an app, with the class that keeps each."""
    connector = registry.make(app, Settings.load().of_app(app))
    title = app.title().replace("_", "")
    names = {"ConnectorContract": f"Test{title}"}
    if hasattr(connector, "writing"):
        names["WriterContract"] = f"Test{title}"
    if hooks_of(connector) is not None:
        names["HooksContract"] = f"Test{title}Hooks"
    await connector.aclose()
    return names


@pytest.mark.parametrize("app", sorted(SPECS))
async def test_an_app_keeps_every_contract_that_holds_of_it_where_the_readme_says(app):
    said = {(README.parent / link).resolve() for link in _LINK.findall(README.read_text(encoding="utf-8"))}

    for contract, name in (await contracts(app)).items():
        files = kept(contract).get(name, [])
        assert files, f"{name}({contract})"
        assert set(files) <= said


@pytest.mark.parametrize("app", sorted(SPECS))
async def test_a_kind_is_called_restorable_only_where_the_connector_writes(app):
    names = await contracts(app)

    assert ("WriterContract" in names) == any(spec.restorable for spec in SPECS[app].kinds.values())


def test_every_file_that_the_readme_names_is_there():
    links = _LINK.findall(README.read_text(encoding="utf-8"))

    assert links
    assert [] == [link for link in links if not (README.parent / link).exists()]

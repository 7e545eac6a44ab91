"""Registry: an app is one folder, and nothing outside of it names it."""

from pathlib import Path

import pytest

import connectors
from connectors import registry
from connectors.registry import SPECS
from workers.settings import Settings, SettingsError

FOLDERS = {file.parent.name for folder in connectors.__path__ for file in Path(folder).glob("*/spec.py")}


def test_every_folder_with_a_spec_is_an_app():
    assert FOLDERS == SPECS.keys()


@pytest.mark.parametrize("app", sorted(FOLDERS))
async def test_an_app_is_made_from_what_is_set(app):
    connector = registry.make(app, Settings.load().of_app(app))

    assert SPECS[app] is connector.spec
    await connector.aclose()


def test_an_app_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError):
        registry.make("nothing", {})


@pytest.mark.parametrize("app", sorted(FOLDERS))
def test_what_a_spec_names_can_be_set_and_is_handed_on(monkeypatch, app):
    given = {setting.name: f"https://{app}.example" for setting in SPECS[app].settings}
    for name, value in given.items():
        monkeypatch.setenv(f"HOLDFAST_{app}_{name}".upper(), value)

    settings = Settings.load()

    assert {"allow_private": False, **given} == settings.of_app(app)
    listed = {setting.name: setting.value for setting in settings.describe()}
    for setting in SPECS[app].settings:
        assert listed[f"{app}_{setting.name}"] == ("********" if setting.secret else given[setting.name])


def test_an_address_of_an_app_is_checked_like_any(monkeypatch):
    monkeypatch.setenv("HOLDFAST_TRELLO_URL", "ftp://trello.example")

    with pytest.raises(SettingsError, match="HOLDFAST_TRELLO_URL: must start with http:// or https://"):
        Settings.load()


def test_no_file_outside_the_folders_and_the_demo_imports_an_app():
    root = Path(__file__).resolve().parents[3]
    allowed = {root / "api/cli/demo.py"}  # shows one app's stand-in
    files = [file for part in ("api", "workers", "store") for file in (root / part).rglob("*.py")]
    files += list((root / "connectors").glob("*.py"))

    found = [
        str(file)
        for file in files
        if file not in allowed and any(f"connectors.{app}" in file.read_text() for app in FOLDERS)
    ]

    assert [] == found

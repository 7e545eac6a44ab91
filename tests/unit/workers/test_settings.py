"""Settings: read from the environment, listed for people, and a wrong one names itself."""

from pathlib import Path

import pytest

from store.errors import Invalid
from store.master_keys import generate
from workers.runtime import open_master_keys
from workers.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("HOLDFAST_") and not name.startswith("HOLDFAST_TEST_"):
            monkeypatch.delenv(name)


def test_everything_has_a_default(monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")

    settings = Settings.load()

    assert Path("/somewhere/holdfast") == settings.home
    assert settings.database_url is None
    assert settings.store_address == "file:///somewhere/holdfast/objects"
    assert settings.public_address == "http://127.0.0.1:8420"


def test_a_relative_xdg_folder_is_ignored(monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "data")

    assert Path.home() / ".local/share/holdfast" == Settings.load().home


def test_the_environment_is_read_and_typed(monkeypatch):
    monkeypatch.setenv("HOLDFAST_PORT", "9000")
    monkeypatch.setenv("HOLDFAST_PUBLIC_URL", "https://backup.example/")
    monkeypatch.setenv("HOLDFAST_ALLOW_PRIVATE_ADDRESSES", "yes")
    monkeypatch.setenv("HOLDFAST_MASTER_KEY_OLD_FILES", "/a, /b")

    settings = Settings.load()

    assert settings.port == 9000
    assert settings.public_address == "https://backup.example"
    assert settings.allow_private_addresses is True
    assert settings.master_key_old_files == (Path("/a"), Path("/b"))


def test_an_empty_variable_is_an_unset_one(monkeypatch):
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", "")

    assert Settings.load().database_url is None


def test_what_is_given_wins(monkeypatch):
    monkeypatch.setenv("HOLDFAST_PORT", "9000")

    assert Settings.load(port=1).port == 1


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("HOLDFAST_PORT", "many", "HOLDFAST_PORT: input should be a valid integer"),
        ("HOLDFAST_PORT", "70000", "HOLDFAST_PORT: input should be less than or equal to 65535"),
        ("HOLDFAST_STORE_URL", "gs://bucket", r"HOLDFAST_STORE_URL: must start with file:// or s3://"),
        ("HOLDFAST_LOG_LEVEL", "loud", "HOLDFAST_LOG_LEVEL: input should be 'debug', 'info', 'warning' or 'error'"),
        ("HOLDFAST_DATABSE_URL", "x", r"HOLDFAST_DATABSE_URL is no setting; did you mean HOLDFAST_DATABASE_URL\?"),
        ("HOLDFAST_QQQQQQ", "x", "HOLDFAST_QQQQQQ is no setting; see `holdfast settings`"),
    ],
)
def test_a_wrong_setting_names_itself(monkeypatch, name, value, complaint):
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=complaint):
        Settings.load()


def test_every_wrong_setting_is_named_at_once(monkeypatch):
    monkeypatch.setenv("HOLDFAST_PORT", "many")
    monkeypatch.setenv("HOLDFAST_QQQQQQ", "x")

    with pytest.raises(SettingsError, match=r"HOLDFAST_PORT.*HOLDFAST_QQQQQQ"):
        Settings.load()


def test_the_master_key_comes_from_one_place(monkeypatch):
    monkeypatch.setenv("HOLDFAST_MASTER_KEY", "sesame")
    monkeypatch.setenv("HOLDFAST_MASTER_KEY_FILE", "/key")

    with pytest.raises(SettingsError, match="HOLDFAST_MASTER_KEY and HOLDFAST_MASTER_KEY_FILE are both set") as caught:
        Settings.load()

    assert "sesame" not in str(caught.value)


def test_no_secret_is_shown(monkeypatch):
    monkeypatch.setenv("HOLDFAST_MASTER_KEY", "sesame")
    monkeypatch.setenv("HOLDFAST_MASTER_KEY_OLD", "sesame1,sesame2")
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", "postgresql://user:sesame@host/db?sslpassword=sesame&port=1")

    settings = Settings.load(broker_url="amqp://user:sesame@host")

    shown = repr(settings) + repr(settings.describe())
    assert "sesame" not in shown
    assert "postgresql://user:********@host/db?sslpassword=********&port=1" in shown
    assert "amqp://user:********@host" in shown


def test_describe_says_where_each_value_comes_from(monkeypatch):
    monkeypatch.setenv("HOLDFAST_PORT", "9000")

    listed = {setting.name: setting for setting in Settings.load(host="::1").describe()}

    assert list(Settings.model_fields) == list(listed)
    assert (listed["port"].value, listed["port"].default, listed["port"].source) == ("9000", "8420", "environment")
    assert listed["host"].source == "given"
    assert listed["worker_threads"].source == "default"
    assert listed["log_level"].type == "debug | info | warning | error"
    assert all(setting.meaning for setting in listed.values())


def test_mail_settings_are_set_both_or_neither_and_make_sense(monkeypatch):
    monkeypatch.setenv("HOLDFAST_SMTP_URL", "smtp://mail.example")
    with pytest.raises(SettingsError, match="HOLDFAST_MAIL_FROM"):
        Settings.load()
    monkeypatch.setenv("HOLDFAST_MAIL_FROM", "nobody")
    with pytest.raises(SettingsError, match="e-mail address"):
        Settings.load()
    monkeypatch.setenv("HOLDFAST_MAIL_FROM", "holdfast@example.org")
    monkeypatch.setenv("HOLDFAST_SMTP_URL", "smtps://ada:s3cret@mail.example")
    loaded = Settings.load()

    assert ("mail.example", 465) == (loaded.mail_server.host, loaded.mail_server.port)
    shown = next(each for each in loaded.describe() if each.name == "smtp_url").value
    assert "s3cret" not in shown + repr(loaded)


@pytest.mark.parametrize("name", ["HOLDFAST_MASTER_KEY", "HOLDFAST_MASTER_KEY_OLD"])
def test_a_master_key_that_is_none_names_its_setting(monkeypatch, name):
    monkeypatch.setenv("HOLDFAST_MASTER_KEY", generate())
    monkeypatch.setenv(name, "abc")

    with pytest.raises(Invalid, match=f"{name}: a master key is not base64"):
        open_master_keys(Settings.load())

"""`holdfast drive`, as a person uses it: connect, back up, look, and let go."""

import shutil
import signal
import socket
import tempfile
import urllib.request
from pathlib import Path

import pytest

from connectors.google_drive import sandbox as google_drive
from connectors.trello.sandbox import RateLimits, Sandbox, generate
from connectors.trello.sandbox.sample import SAMPLES
from tests.acceptance.shell import GENEROUS_SECONDS, Shell


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    folder.chmod(0o711)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


class Stay(urllib.request.HTTPRedirectHandler):
    """A browser that looks at where it is sent before it goes there."""

    def redirect_request(self, *_):
        return None


def sent_back(address: str) -> str:
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.build_opener(Stay).open(address)
    with raised.value as answer:
        return answer.headers["location"]


def test_connect_back_up_and_look(home):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    public = f"http://127.0.0.1:{port}"
    with (
        Sandbox(generate(SAMPLES["tiny"]), limits=RateLimits(enforced=False)) as trello,
        google_drive.Sandbox(redirect_uris=(f"{public}/oauth/callback",)) as google,
    ):
        settings = {
            "TRELLO_URL": trello.url,
            "ALLOW_PRIVATE_ADDRESSES": "1",
            "PORT": str(port),
            "GOOGLE_CLIENT_ID": google.client.client_id,
            "GOOGLE_CLIENT_SECRET": google.client.secret,
            "GOOGLE_API_URL": google.url,
            "GOOGLE_UPLOAD_URL": f"{google.url}/upload",
            "GOOGLE_SHEETS_URL": google.url,
            "GOOGLE_AUTHORIZE_URL": f"{google.url}/o/oauth2/v2/auth",
            "GOOGLE_TOKEN_URL": f"{google.url}/token",
        }
        shell = Shell(home, tuple((f"HOLDFAST_{name}", value) for name, value in settings.items()))
        shell.run("connect", "trello", "--key", trello.key, "--token-stdin", "--json", stdin=trello.token + "\n")
        assert 3 == shell.run("drive", "sync").code
        with shell.started("up") as process:
            assert any("GraphQL API" in line for line in process.stdout)
            address = shell.run("drive", "connect", "--json").json["authorize_url"]
            with urllib.request.urlopen(sent_back(address), timeout=30) as answer:
                page = answer.read().decode()
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(GENEROUS_SECONDS)
        assert "ada@example.com is connected" in page
        # Nothing runs: the backup is followed by a sync in the same process.
        shell.run("backup", "--json")
        told = shell.run("drive", "status", "--json").json
        again = shell.run("drive", "sync", "--json").json
        quiet = shell.run("drive", "set", "--when-asked", "--repairs", "--json").json
        gone = shell.run("drive", "disconnect", "--json").json
        empty = shell.run("drive", "status", "--json").json

        paths = google.hand.paths()
        boards = [path for path in paths if path.endswith("/records.jsonl")]
        assert {"Holdfast", "Holdfast/README.txt", "Holdfast/Trello"} < set(paths)
        assert boards
        assert {"Card", "List", "Board"} < {path.rpartition("/")[2] for path in paths}
        assert ("working", [1], [1]) == (
            told["status"],
            [each["seq"] for each in told["copies"]],
            [each["newest"] for each in told["copies"]],
        )
        assert 0 == sum(again["result"][name] for name in ("made", "changed", "sent", "trashed", "rows"))
        assert (True, False) == (quiet["repairs"], quiet["after_backup"])
        assert ({"disconnected": "ada@example.com"}, {"drive": None}) == (gone, empty)

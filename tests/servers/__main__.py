"""Run a command beside a real server: `python -m tests.servers redis -- pytest tests/integration`."""

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import ceph_server, postgres_server, rabbitmq_server, redis_server, redmine_server
from tests.servers.process import CannotRunError

_SERVERS = {
    "postgres": postgres_server.running,
    "rabbitmq": rabbitmq_server.running,
    "redis": redis_server.running,
    "redmine": redmine_server.running,
    "s3": ceph_server.running,
}
CANNOT_RUN = 75
"""The exit code that tells a server which cannot run here from a command that failed."""


def main(arguments: list[str]) -> int:
    """Start the server, run the command with its address in the environment, stop it; the command's exit code."""
    if len(arguments) < 3 or arguments[0] not in _SERVERS or arguments[1] != "--":
        print(f"usage: python -m tests.servers {'|'.join(_SERVERS)} -- COMMAND ...", file=sys.stderr)
        return 64
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Reachable by `nobody`, as whom Postgres runs for root; and short, because sockets are made in it.
    folder = Path(tempfile.mkdtemp(prefix="holdfast-"))
    folder.chmod(0o711)
    try:
        with _SERVERS[arguments[0]](folder) as addresses:
            environment = [f"{name}={value}" for name, value in addresses.items()]
            return subprocess.run(["env", *environment, *arguments[2:]], check=False).returncode
    except CannotRunError as reason:
        print(f"{arguments[0]} cannot run here: {reason}", file=sys.stderr)
        return CANNOT_RUN
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

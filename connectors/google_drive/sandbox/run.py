"""Run the stand-in from a shell: `python -m connectors.google_drive.sandbox --port 8766`."""

import argparse
import signal
import sys
import threading

import orjson

from connectors.google_drive.sandbox.server import REDIRECT_URI, Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; the first line written is JSON with everything a client needs."""
    parser = argparse.ArgumentParser(prog="python -m connectors.google_drive.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen on loopback; any free port by default")
    parser.add_argument("--redirect-uri", action="append", default=[], help="an address that OAuth 2.0 may return to")
    given = parser.parse_args(arguments)

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with Sandbox(redirect_uris=tuple(given.redirect_uri) or (REDIRECT_URI,)).start(given.port) as sandbox:
        sys.stdout.buffer.write(orjson.dumps(sandbox.describe()) + b"\n")
        sys.stdout.flush()
        stop.wait()
    return 0

"""Run the stand-in from a shell: `python -m connectors.monday.sandbox --port 8766 --sample small`."""

import argparse
import signal
import sys
import threading

import orjson

from connectors.monday.sandbox.limits import RateLimits
from connectors.monday.sandbox.sample import SAMPLES, generate
from connectors.monday.sandbox.server import REDIRECT_URI, Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; the first line written is JSON with everything a client needs."""
    parser = argparse.ArgumentParser(prog="python -m connectors.monday.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen on loopback; any free port by default")
    parser.add_argument("--sample", choices=list(SAMPLES), default="small", help="which made-up workspace to serve")
    parser.add_argument("--seed", type=int, default=1, help="which of the many workspaces of that size")
    parser.add_argument("--limits", choices=["off", "real"], default="off", help="whether to enforce rate limits")
    parser.add_argument("--redirect-uri", action="append", default=[], help="an address that OAuth 2.0 may return to")
    given = parser.parse_args(arguments)
    sandbox = Sandbox(
        generate(given.sample, seed=given.seed),
        limits=RateLimits(enforced=given.limits == "real"),
        redirect_uris=tuple(given.redirect_uri) or (REDIRECT_URI,),
    )
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with sandbox.start(given.port):
        sys.stdout.buffer.write(orjson.dumps(sandbox.describe()) + b"\n")
        sys.stdout.flush()
        stop.wait()
    return 0

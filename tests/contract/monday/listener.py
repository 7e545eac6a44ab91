"""A receiver of webhooks on loopback: gives challenges back, and keeps what it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Listener:
    """Answers with `status`; `echoes` says whether it gives a challenge back, and `only` at which path alone."""

    def __init__(self, *, only: str | None = None) -> None:
        self.status = 200
        self.echoes = True
        self.heard: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.posts: list[tuple[dict[str, str], bytes]] = []
        """The same as they came."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                body = json.loads(raw)
                answer = b"{}"
                if "challenge" in body:
                    echoes = outer.echoes and only in {None, self.path}
                    answer = json.dumps(body if echoes else {}).encode()
                else:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    outer.heard.append((headers, body))
                    outer.posts.append((headers, raw))
                self.send_response(outer.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

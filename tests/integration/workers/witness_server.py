"""A witness as c2sp.org/tlog-witness has it, behind HTTP on a loopback port: it checks by the auditor's program."""

import base64
import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store import verify
from store.verify import UnprovenError


class WitnessServer:
    """What it knows of logs, and what it was asked. `time` is what its cosignatures say."""

    def __init__(self, name: str, time: int = 1_790_000_000) -> None:
        self.name = name
        self.time = time
        self.url = ""
        self.known: dict[str, list[verify.Key]] = {}
        self.heads: dict[str, verify.Checkpoint] = {}
        self.asked: list[tuple[int, int]] = []
        """The old size of each request, and the status it was answered with."""
        self.is_away = False
        self._private = Ed25519PrivateKey.generate()
        typed = b"\x04" + self._private.public_key().public_bytes_raw()
        self._key_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
        self.vkey = f"{name}+{self._key_id.hex()}+{base64.b64encode(typed).decode()}"

    def answer(self, body: bytes) -> tuple[int, bytes]:
        if self.is_away:
            return 503, b""
        top, _, note = body.partition(b"\n\n")
        first, *path = top.decode().split("\n")
        old_size = verify.number(first.removeprefix("old "))
        status, said = self._judge(old_size, path, note)
        self.asked.append((old_size, status))
        return status, said

    def _judge(self, old_size, path, note):
        keys = self.known.get(note.decode().split("\n")[0])
        if keys is None:
            return 404, b"unknown log"
        try:
            head = verify.open_checkpoint(note, keys)
        except UnprovenError:
            return 403, b"not signed by a known key"
        if old_size > head.size:
            return 400, b"the old size is larger"
        last = self.heads.get(head.origin)
        if old_size != (last.size if last else 0) or (last and last.size == head.size and last.root != head.root):
            return 409, f"{last.size if last else 0}\n".encode()
        try:
            verify.need(last is not None or not path, "a proof from nothing")
            if last is not None:
                verify.check_consistency(last, head, verify.hashes(path))
        except UnprovenError:
            return 422, b"another history"
        self.heads[head.origin] = head
        return 200, self.cosign(note)

    def cosign(self, note: bytes) -> bytes:
        text = note.rpartition(b"\n\n")[0] + b"\n"
        signature = self._private.sign(f"cosignature/v1\ntime {self.time}\n".encode() + text)
        stamped = self._key_id + self.time.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {base64.b64encode(stamped).decode()}\n".encode()


@contextmanager
def witness_server(name: str):
    """Run one."""
    made = WitnessServer(name)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert "/w/add-checkpoint" == self.path
            status, body = made.answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-type", "text/x.tlog.size" if status == 409 else "text/plain")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/w"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()

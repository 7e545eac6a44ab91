"""A time-stamp authority: OpenSSL's own, `openssl ts -reply`, behind HTTP on a loopback port."""

import shutil
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[tsa]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class Authority:
    """Its keys, and what was asked. `answer` may be replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.asked: list[bytes] = []
        self.answer = self.stamp
        self.roots = folder / "root.pem"
        root_key, root = _certificate("A root", None)
        key, signer = _certificate("An authority", (root_key, root))
        self.roots.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        (folder / "signer.pem").write_bytes(signer.public_bytes(serialization.Encoding.PEM))
        (folder / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(CONFIG)

    def stamp(self, query: bytes) -> bytes:
        """Let OpenSSL answer."""
        (self.folder / "query").write_bytes(query)
        self.openssl("-reply", "-config", "ts.cnf", "-section", "tsa", "-queryfile", "query", "-signer", "signer.pem",
                     "-inkey", "key.pem", "-out", "answer")  # fmt: skip
        return (self.folder / "answer").read_bytes()

    def openssl(self, *arguments: str) -> None:
        command = ["openssl", "ts", *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)


@contextmanager
def authority(folder: Path):
    """Run one."""
    if shutil.which("openssl") is None:
        pytest.skip("SKIPPED: no openssl here: no authority to ask, and nobody to check its tokens")
    folder.mkdir()
    made = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            made.asked.append(query)
            body = made.answer(query)
            self.send_response(200 if body else 503)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/tsr"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def _certificate(name, issuer):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing, issued_by = (key, subject) if issuer is None else (issuer[0], issuer[1].subject)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if issuer is not None:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return key, builder.sign(signing, hashes.SHA256())

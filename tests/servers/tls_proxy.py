"""A proxy that ends TLS: clients that insist on Google's own hosts are led to a stand-in, under a CA of our own."""

import datetime as dt
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class TlsProxy:
    """Where it listens, and whom its clients have to trust."""

    url: str
    ca_file: Path
    hosts: list[str]
    """Every host that was asked for."""


@contextmanager
def running(folder: Path, *, target: tuple[str, int], hosts: list[str]) -> Iterator[TlsProxy]:
    """Answer CONNECT for these hosts, and no others, with what `target` says over plain TCP."""
    authority = _Authority()
    ca_file, leaf = folder / "ca.pem", folder / "leaf.pem"
    ca_file.write_bytes(authority.pem())
    leaf.write_bytes(authority.issue(hosts))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = TlsProxy(url=f"http://127.0.0.1:{listener.getsockname()[1]}", ca_file=ca_file, hosts=[])
    threading.Thread(target=_accept, args=(listener, context, target, hosts, proxy.hosts), daemon=True).start()
    try:
        yield proxy
    finally:
        # Wakes the thread that waits for the next client.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(
    listener: socket.socket, context: ssl.SSLContext, target: tuple[str, int], hosts: list[str], asked: list[str]
) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, context, target, hosts, asked), daemon=True).start()


def _serve(
    client: socket.socket, context: ssl.SSLContext, target: tuple[str, int], hosts: list[str], asked: list[str]
) -> None:
    with client, suppress(OSError):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = client.recv(1)
            if not byte:
                return
            head += byte
        method, place, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        host = place.rpartition(":")[0]
        asked.append(host)
        if method != "CONNECT" or host not in hosts:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(client, server_side=True) as secure, socket.create_connection(target) as plain:
            _pump(secure, plain)


def _pump(secure: ssl.SSLSocket, plain: socket.socket) -> None:
    """Pass bytes on, both ways, until one side ends."""
    while True:
        ready = [secure] if secure.pending() else select.select([secure, plain], [], [], 60)[0]
        if not ready:
            return
        for one in ready:
            data = one.recv(65536)
            if not data:
                return
            (plain if one is secure else secure).sendall(data)


class _Authority:
    """A CA that lives as long as the test."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Holdfast test CA")])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = self._sign(self._name, self._key, constraints, [])

    def pem(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, hosts: list[str]) -> bytes:
        """A key and a certificate for some hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        certificate = self._sign(name, key, x509.BasicConstraints(ca=False, path_length=None), hosts)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return private + certificate.public_bytes(serialization.Encoding.PEM)

    def _sign(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        constraints: x509.BasicConstraints,
        hosts: list[str],
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
            .add_extension(constraints, critical=True)
        )
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())

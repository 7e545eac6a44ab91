"""OpenStack Swift with its S3 API, from a wheel: four processes on loopback, without memcached, as any user."""

import os
import pwd
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

ACCESS_KEY, SECRET = "test:tester", "testing"

_STARTING_SECONDS = 30.0
_STORES = ("account", "container", "object")
_PIPELINE = (
    "catch_errors gatekeeper cache listing_formats s3api tempauth bulk slo dlo versioned_writes symlink proxy-server"
)
_OPTIONS = {
    "s3api": "location = us-east-1\ncheck_bucket_owner = false\nmin_segment_size = 1",
    "tempauth": "user_test_tester = testing .admin",
    "versioned_writes": "allow_object_versioning = true",
}


class CannotRunError(RuntimeError):
    """Swift cannot run here; the message says why."""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start Swift below `folder`, yield the URL of its endpoint's S3 API for `open_backend`, and stop it."""
    _check_attributes(folder)
    programs = Path(sys.executable).parent
    ports = _free_ports(len(_STORES) + 1)
    (folder / "data" / "d1").mkdir(parents=True)
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = test\n[storage-policy:0]\nname = one\ndefault = yes\n"
    )
    for name, port in zip(_STORES, ports[1:], strict=True):
        (folder / f"{name}.conf").write_text(_store_settings(folder, name, port))
        _make_ring(programs, folder / f"{name}.builder", port)
    (folder / "proxy.conf").write_text(_proxy_settings(folder, ports[0]))
    with ExitStack() as stack:
        started = [stack.enter_context(_process(programs, folder, name)) for name in (*_STORES, "proxy")]
        _wait(started, ports, folder)
        yield f"http://127.0.0.1:{ports[0]}"


def store_url(endpoint: str, bucket: str, prefix: str = "") -> str:
    """Return the URL that `open_backend` takes for a bucket there."""
    return f"s3://{quote(ACCESS_KEY)}:{quote(SECRET)}@{bucket}/{prefix}?endpoint={quote(endpoint)}&region=us-east-1"


def _check_attributes(folder: Path) -> None:
    probe = folder / "probe"
    probe.touch()
    try:
        os.setxattr(probe, "user.swift.probe", b"1")
    except OSError as error:
        raise CannotRunError(
            f"Swift needs user extended attributes, which {folder} has not: {error.strerror}"
        ) from None
    finally:
        probe.unlink()


def _common(folder: Path, port: int) -> str:
    return (
        f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nswift_dir = {folder}\n"
        f"user = {pwd.getpwuid(os.geteuid()).pw_name}\n"
        "workers = 0\nlog_level = ERROR\nlog_address = /dev/null\n"
    )


def _store_settings(folder: Path, name: str, port: int) -> str:
    return (
        f"{_common(folder, port)}devices = {folder / 'data'}\nmount_check = false\ndisable_fallocate = true\n"
        f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\nuse = egg:swift#{name}\n"
    )


def _proxy_settings(folder: Path, port: int) -> str:
    sections = [
        f"[filter:{name}]\nuse = egg:swift#{name}\n{_OPTIONS.get(name, '')}\n"
        for name in _PIPELINE.split()
        if name not in ("cache", "proxy-server")
    ]
    return (
        f"{_common(folder, port)}[pipeline:main]\npipeline = {_PIPELINE}\n"
        "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
        f"[filter:cache]\npaste.filter_factory = swift_cache:factory\n{''.join(sections)}"
    )


def _make_ring(programs: Path, builder: Path, port: int) -> None:
    for arguments in (("create", "4", "1", "0"), ("add", f"r1z1-127.0.0.1:{port}/d1", "1"), ("rebalance",)):
        subprocess.run(
            [sys.executable, programs / "swift-ring-builder", builder, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def _process(programs: Path, folder: Path, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "PYTHONWARNINGS": "ignore"}
    with (
        (folder / f"{name}.log").open("ab") as log,
        subprocess.Popen(
            [sys.executable, programs / f"swift-{name}-server", folder / f"{name}.conf"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(started: list["subprocess.Popen[bytes]"], ports: list[int], folder: Path) -> None:
    deadline = time.monotonic() + _STARTING_SECONDS
    waiting = list(ports)
    while waiting:
        if any(process.poll() is not None for process in started) or time.monotonic() > deadline:
            logs = "\n".join(log.read_text(errors="replace")[-500:] for log in sorted(folder.glob("*.log")))
            raise RuntimeError(f"Swift did not start:\n{logs}")
        try:
            socket.create_connection(("127.0.0.1", waiting[0]), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            waiting.pop(0)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]

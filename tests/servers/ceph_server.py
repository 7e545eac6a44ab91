"""Ceph's S3 gateway over one monitor and one store in memory: a real S3 with atomic conditional writes."""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers.process import CannotRunError, find_program, free_ports, listens, process

ACCESS_KEY, SECRET = "holdfast", "holdfast-test-secret"
_START_SECONDS = 120.0

_SETTINGS = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{monitor_v2},v1:127.0.0.1:{monitor_v1}]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# Without authentication the monitor's default mode, secure, cannot be had.
ms_mon_client_mode = crc secure
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_data_avail_crit = 1
mon_data_avail_warn = 2
osd_objectstore = memstore
memstore_device_bytes = 2G
run_dir = {folder}
admin_socket = {folder}/$name.asok
log_file = {folder}/$name.log
pid_file = {folder}/$name.pid
mon_data = {folder}/mon
osd_data = {folder}/osd
rgw_data = {folder}/rgw
keyring = {folder}/keyring
rgw_frontends = beast endpoint=127.0.0.1:{gateway} tcp_nodelay=1
rgw_enable_usage_log = false
rgw_dns_name = localhost
"""


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Start it below `folder`, and say where it is."""
    programs = {name: find_program(name) for name in ("ceph", "ceph-mon", "ceph-osd", "monmaptool")}
    programs |= {name: find_program(name) for name in ("radosgw", "radosgw-admin")}
    monitor_v2, monitor_v1, gateway = free_ports(3)
    settings, map_file, fsid = folder / "ceph.conf", folder / "monmap", str(uuid.uuid4())
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir()
    settings.write_text(
        _SETTINGS.format(fsid=fsid, monitor_v1=monitor_v1, monitor_v2=monitor_v2, gateway=gateway, folder=folder)
    )

    def run(name: str, *arguments: str) -> str:
        configured = [] if name == "monmaptool" else ["-c", str(settings)]
        try:
            done = subprocess.run(
                [programs[name], *configured, *arguments], check=True, capture_output=True, text=True, timeout=60
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise CannotRunError(f"{name} {arguments[0]} failed: {error.stderr}") from error
        return done.stdout

    addresses = f"[v2:127.0.0.1:{monitor_v2},v1:127.0.0.1:{monitor_v1}]"
    run("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", addresses, str(map_file))
    run("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(map_file))
    with ExitStack() as stack:

        def start(name: str, *arguments: str, port: int | None = None) -> None:
            command = [programs[name], "-c", settings, "-f", *arguments]
            ready = listens(port) if port is not None else lambda: True
            log = folder / f"{name}.out"
            stack.enter_context(process(command, log=log, ready=ready, seconds=_START_SECONDS))

        start("ceph-mon", "-i", "a", port=monitor_v1)
        store_id = str(uuid.uuid4())
        number = run("ceph", "osd", "new", store_id).strip()
        run("ceph-osd", "-i", number, "--mkfs", "--osd-uuid", store_id)
        start("ceph-osd", "-i", number)
        start("radosgw", "-n", "client.rgw", "--ms_mon_client_mode=crc secure", port=gateway)
        run(
            *("radosgw-admin", "user", "create", "--uid=holdfast", "--display-name=holdfast"),
            *(f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET}"),
        )
        endpoint = f"http://127.0.0.1:{gateway}"
        yield {"HOLDFAST_TEST_S3_URL": f"s3://{ACCESS_KEY}:{SECRET}@holdfast?endpoint={endpoint}&region=us-east-1"}

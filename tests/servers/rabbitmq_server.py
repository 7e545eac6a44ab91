"""RabbitMQ, Debian's, on loopback alone, with a node name, a cookie and an epmd of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import find_program, free_ports, listens, process

_START_SECONDS = 90.0


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Start it below `folder`, and say where it is."""
    # Not the one in sbin: that changes to the system's rabbitmq user.
    server = find_program("rabbitmq-server", "/usr/lib/rabbitmq/bin")
    if Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists():
        server = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    epmd = find_program("epmd")
    port, names, distribution = free_ports(3)
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    (folder / "plugins").write_text("[].\n")
    environment = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": "holdfast@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
    }
    # Started by us, because the one that Erlang would start outlives it.
    name_server = process(
        [epmd, "-port", str(names)], log=folder / "epmd.log", ready=listens(names), environment=environment
    )
    broker = process(
        [server], log=folder / "rabbitmq.log", ready=listens(port), seconds=_START_SECONDS, environment=environment
    )
    with name_server, broker:
        yield {"HOLDFAST_TEST_BROKER_URL": f"amqp://guest:guest@127.0.0.1:{port}"}

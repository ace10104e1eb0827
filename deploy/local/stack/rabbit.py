"""A private RabbitMQ node as a child, beside and apart from any broker the machine may run.

Its own epmd, cookie, plugins and ports, all on loopback and all under its directory. The server script of the package
is run itself (the one on PATH switches user), told to become the Erlang machine, so that the process we know is the
broker. Started again on the same directory it comes back with its durable queues.
"""

import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.local.stack.children import Child, Children, system_path
from deploy.local.stack.management import Management
from deploy.local.stack.ports import LOOPBACK, listens

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
CONTROL = SERVER.with_name("rabbitmqctl")
NODE = "springrain@localhost"
USER = "springrain"
VHOST = "springrain"
_PLUGINS = "[rabbitmq_management,rabbitmq_prometheus].\n"
_ADVANCED = "[{kernel,[{inet_dist_use_interface,{127,0,0,1}}]}].\n"
# Two schedulers that sleep instead of spinning, and tables sized for a county; epmd is a child of ours.
_ERLANG = "+S 2:2 +SDio 4 +sbwt none +sbwtdcpu none +sbwtdio none -start_epmd false"
_ERLANG_TABLES = "+P 131072 +Q 16384 +t 1048576 +stbt db +zdbbl 32000"
_CONFIG = """\
listeners.tcp.1 = {host}:{amqp}
management.tcp.ip = {host}
management.tcp.port = {management}
prometheus.tcp.ip = {host}
prometheus.tcp.port = {prometheus}
default_user = {user}
default_pass = {password}
default_vhost = {vhost}
log.console = false
log.file.level = warning
raft.wal_max_size_bytes = 33554432
"""


@dataclass(frozen=True, slots=True)
class RabbitPorts:
    """One loopback port for each thing the node listens on."""

    amqp: int
    management: int
    prometheus: int
    distribution: int
    epmd: int


class Rabbit:
    """One broker and its epmd. `start()` returns at once; `wait_ready()` when AMQP and management both answer."""

    def __init__(self, children: Children, directory: Path, ports: RabbitPorts) -> None:
        self._children = children
        self._directory = directory
        self._ports = ports
        self._password = secrets.token_urlsafe(18)
        self.child: Child | None = None
        self.epmd: Child | None = None

    @property
    def amqp_url(self) -> str:
        """Of the virtual host made at the first start. The same over a restart."""
        return self.amqp_url_of(VHOST)

    @property
    def management_url(self) -> str:
        """With user and password; for `Management`."""
        return f"http://{USER}:{self._password}@{LOOPBACK}:{self._ports.management}"

    @property
    def prometheus_url(self) -> str:
        """The broker's own metrics."""
        return f"http://{LOOPBACK}:{self._ports.prometheus}/metrics"

    def amqp_url_of(self, vhost: str) -> str:
        """The AMQP URL of another virtual host of this broker."""
        return f"amqp://{USER}:{self._password}@{LOOPBACK}:{self._ports.amqp}/{quote(vhost, safe='')}"

    def start(self) -> None:
        """Start epmd if it does not run, then the node, on what the directory holds."""
        self._write_settings()
        if self.epmd is None or not self.epmd.running():
            command = ["epmd", "-address", LOOPBACK, "-port", str(self._ports.epmd)]
            self.epmd = self._children.start("epmd", command, env=self._environment(), cwd=self._directory)
        self.epmd.wait_ready(lambda: listens(self._ports.epmd), 10.0)
        self.child = self._children.start("rabbitmq", [str(SERVER)], env=self._environment(), cwd=self._directory, umask=0o077)

    def wait_ready(self, within: float = 90.0) -> None:
        """Wait until it takes AMQP connections and management calls. NotReady if it does not."""
        assert self.child is not None, "start() comes first"
        management = Management(self.management_url)
        self.child.wait_ready(lambda: listens(self._ports.amqp) and management.answers(), within)

    def control(self, *words: str) -> str:
        """What `rabbitmqctl` answers when run against this node (about a second). CalledProcessError when it refuses."""
        command = [str(CONTROL), "--node", NODE, *words]
        ran = subprocess.run(command, env=self._environment(), check=True, capture_output=True, text=True, timeout=60)
        return ran.stdout

    def saved_its_queues(self) -> bool:
        """Whether each quorum queue stands in the directory of its Raft library on disk.

        RabbitMQ writes that directory up to two seconds late: killed before, it comes back with a queue that exists
        and never answers (seen on 3.10). Services declare once, long before; a test that kills must wait for it.
        """
        saved = b"".join(file.read_bytes() for file in self._directory.glob("mnesia/*/quorum/*/names.dets"))
        queues = Management(self.management_url).ask("GET", "queues")
        quorum = [queue for queue in queues if queue["arguments"].get("x-queue-type") == "quorum"]
        names = [f"{queue['vhost']}_{queue['name']}".encode() for queue in quorum]
        return all(bytes([len(name)]) + name in saved for name in names)  # with its length: one may begin like another

    def _write_settings(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        os.chmod(self._directory, 0o700)  # the password and the cookie lie in it
        words = {"host": LOOPBACK, "user": USER, "password": self._password, "vhost": VHOST}
        ports = {name: getattr(self._ports, name) for name in ("amqp", "management", "prometheus")}
        (self._directory / "rabbitmq.conf").write_text(_CONFIG.format(**words, **ports))
        (self._directory / "advanced.config").write_text(_ADVANCED)
        (self._directory / "enabled_plugins").write_text(_PLUGINS)

    def _environment(self) -> dict[str, str]:
        """All the node sees: nothing of the caller's RABBITMQ_* or ERL_* gets in."""
        here = self._directory
        return {
            "PATH": system_path(),
            "LANG": "C.UTF-8",
            "HOME": str(here),
            "RUNNING_UNDER_SYSTEMD": "true",  # makes the script exec Erlang instead of waiting beside it
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(here / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(here / "mnesia"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_PID_FILE": str(here / "pid"),
            "RABBITMQ_DIST_PORT": str(self._ports.distribution),
            "RABBITMQ_SERVER_ERL_ARGS": _ERLANG_TABLES,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
            "ERL_EPMD_PORT": str(self._ports.epmd),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_CRASH_DUMP_SECONDS": "0",
        }

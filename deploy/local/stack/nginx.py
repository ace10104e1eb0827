"""The one front of a demo: nginx on loopback, sending each path to the service it belongs to.

Which path belongs to whom is given as a table (`deploy/nginx/table.py` makes it); how it is served is the template
that compose uses too. This module adds only what a child process of ours needs around it.
"""

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from deploy.local.stack.children import Child, Children, system_path
from deploy.local.stack.ports import LOOPBACK, listens
from deploy.nginx.render import render

_MAIN = """\
{user}
daemon off;
worker_processes 1;
worker_shutdown_timeout 3s;
pid {here}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {here}/body;
    proxy_temp_path {here}/proxy;
    fastcgi_temp_path {here}/fastcgi;
    uwsgi_temp_path {here}/uwsgi;
    scgi_temp_path {here}/scgi;
    include {here}/springrain.conf;
}}
"""


class Nginx:
    """One nginx under `directory`, listening on 127.0.0.1:`port` alone."""

    def __init__(self, children: Children, directory: Path, port: int) -> None:
        self._children = children
        self._directory = directory.resolve()
        self._port = port
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """Where a browser finds the page."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self, table: Mapping[str, str]) -> None:
        """Serve `table` (path prefix -> host:port); returns when it listens. NotReady if it does not.

        The services need not run yet: until they do, visitors are told so.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        user = "user root;" if os.geteuid() == 0 else ""  # else the worker could not enter a private directory
        main = self._directory / "nginx.conf"
        main.write_text(_MAIN.format(user=user, here=self._directory))
        (self._directory / "springrain.conf").write_text(render(f"{LOOPBACK}:{self._port}", table), "utf-8")
        command = ["nginx", "-e", "stderr", "-p", str(self._directory), "-c", str(main)]
        env = {"PATH": system_path()}
        self.child = self._children.start("nginx", command, env=env, when_orphaned=signal.SIGTERM)
        self.child.wait_ready(lambda: listens(self._port), 10.0)

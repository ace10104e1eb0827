"""Makes the nginx server of the front from its template and a table of paths. Starts nothing."""

from collections.abc import Mapping
from pathlib import Path

_TEMPLATE = Path(__file__).parent / "springrain.conf.template"


def render(listen: str, table: Mapping[str, str]) -> str:
    """The configuration, to be included in nginx's `http` block.

    `listen` is what nginx's directive takes ("127.0.0.1:8080", "80"); `table` maps a path prefix to "host:port".
    """
    routes = "\n".join(_route(prefix, address) for prefix, address in sorted(table.items()))
    return _TEMPLATE.read_text("utf-8").replace("@LISTEN@", listen).replace("@ROUTES@", routes)


def _route(prefix: str, address: str) -> str:
    kind = "api" if prefix.startswith(("/api/", "/log/")) else "page"
    errors = f"error_page 502 504 = @{kind}_down; error_page 413 = @{kind}_too_large;"
    body = f"{{ proxy_pass http://{address}; {errors} }}"
    below = prefix if prefix.endswith("/") else f"{prefix}/"
    itself = "" if prefix.endswith("/") else f"    location = {prefix} {body}\n"
    return f"{itself}    location {below} {body}"

"""Makes the nginx server of the front from its template and a table of paths. Starts nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

_TEMPLATE = Path(__file__).parent / "springrain.conf.template"


def render(listen: str, table: Mapping[str, str]) -> str:
    """The configuration, to be included in nginx's `http` block.

    `listen` is what nginx's directive takes ("127.0.0.1:8080", "80"); `table` maps a path prefix to "host:port", or to several
    with blanks between, of which the first that answers does.
    """
    shared = {prefix: address.split() for prefix, address in table.items() if " " in address}
    names = {prefix: f"any_{number}" for number, prefix in enumerate(sorted(shared))}
    upstreams = "".join(_upstream(names[prefix], shared[prefix]) for prefix in names)
    routes = "\n".join(_route(prefix, names.get(prefix, address)) for prefix, address in sorted(table.items()))
    text = _TEMPLATE.read_text("utf-8").replace("@UPSTREAMS@\n", upstreams)
    return text.replace("@LISTEN@", listen).replace("@ROUTES@", routes)


def _upstream(name: str, addresses: Sequence[str]) -> str:
    first, *others = addresses
    servers = " ".join([f"server {first};", *(f"server {other} backup;" for other in others)])
    return f"upstream {name} {{ {servers} }}\n"


def _route(prefix: str, address: str) -> str:
    kind = "api" if prefix.startswith(("/api/", "/log/")) else "page"
    errors = f"error_page 502 504 = @{kind}_down; error_page 413 = @{kind}_too_large;"
    body = f"{{ proxy_pass http://{address}; {errors} }}"
    below = prefix if prefix.endswith("/") else f"{prefix}/"
    itself = "" if prefix.endswith("/") else f"    location = {prefix} {body}\n"
    return f"{itself}    location {below} {body}"

"""Small logs for tests: made-up events, a log in memory, a log in a folder with its bundle."""

import io
import tarfile
from pathlib import Path

from services.audit.export.bundle import bundle_parts, write_bundle
from services.audit.log.folder import LogFolder
from services.audit.model import tar
from services.audit.model.checkpoint import Checkpoint, sign_checkpoint
from services.audit.model.merkle import Edge, leaf_hashes
from services.audit.model.note import Ed25519Signer
from services.audit.model.tiles import HASH, Name
from shared.canonical import canonical

ORIGIN = "log.example.cn/springrain"
SIGNER = Ed25519Signer(ORIGIN, bytes(range(32)))
KEY = str(SIGNER.verifier)
COUNTY = "/springrain/0190a000-0000-7000-8000-00000000c0de"


def id_(number: int) -> str:
    """A UUIDv7 that says its number."""
    return f"0190a000-0000-7000-8000-{number:012x}"


def event(
    number: int, *, subject: int | None = None, revision: int = 1, service: str = "scheduler", **changed: object
) -> bytes:
    """The body of one event. Without a subject each is about a thing of its own."""
    about = id_(number if subject is None else subject)
    return canonical(
        {
            "specversion": "1.0",
            "id": id_(1_000_000 + number),
            "source": f"{COUNTY}/{service}",
            "type": "visit.completed.v1",
            "subject": about,
            "time": "2026-11-02T08:00:00Z",
            "datacontenttype": "application/json",
            "revision": revision,
            "branch": id_(1),
            "actor": "system:player",
            "data": {"minutes": 35, "sealed": [{"under": about, "value": "c2VhbGVk"}]},
            **changed,
        }
    )


def month(count: int) -> list[bytes]:
    """Events about ten things and more, each thing's revisions in order, told by three services."""
    services = ("registry", "scheduler", "notifier")
    return [event(n, subject=n % 10, revision=n // 10 + 1, service=services[n % 3]) for n in range(count)]


def signed(size: int, root: bytes, signer: Ed25519Signer = SIGNER) -> bytes:
    """A signed checkpoint."""
    return sign_checkpoint(Checkpoint(signer.name, size, root), [signer])


def root_of(entries: list[bytes]) -> bytes:
    """The root over these entries."""
    edge = Edge()
    edge.extend(leaf_hashes(entries))
    return edge.root()


def exported(where: Path, entries: list[bytes], batch: int = 100) -> Path:
    """A log over these entries, exported; the log's folder stays beside the bundle as `log`."""
    log = LogFolder(where / "log", 0)
    root = root_of([])
    for start in range(0, len(entries), batch):
        root = log.integrate(entries[start : start + batch], start)
    note = signed(len(entries), root)
    log.keep_checkpoint(note)
    write_bundle(where / "bundle.tar", bundle_parts(log, note, KEY))
    log.close()
    return where / "bundle.tar"


def parts(bundle: bytes) -> dict[str, bytes]:
    """The files of a bundle by their names, as any tar reads them."""
    with tarfile.open(fileobj=io.BytesIO(bundle)) as opened:
        return {each.name: opened.extractfile(each).read() for each in opened}  # type: ignore[union-attr]


def joined(files: dict[str, bytes]) -> bytes:
    """A bundle of these files."""
    return b"".join(tar.header(p, len(d)) + d + tar.padding(len(d)) for p, d in files.items()) + tar.END


class Memory:
    """A HashReader over tiles kept in a dict; counts what it was asked for."""

    def __init__(self, entries: list[bytes]) -> None:
        self.edge = Edge()
        self.tiles = {tile.name: tile.hashes for tile in self.edge.extend(leaf_hashes(entries))}
        self.reads = 0

    def hashes(self, name: Name) -> bytes:
        """From the full tile or the edge's partial one."""
        self.reads += 1
        held = self.tiles.get(name.full) or {tile.name: tile.hashes for tile in self.edge.partials()}.get(name)
        if held is None:
            held = next(tile.hashes for tile in self.edge.partials() if tile.name.level == name.level)
        return held[: name.width * HASH]

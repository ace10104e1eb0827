"""A kind of wall import-linter lacks: these modules import nothing but what is listed. For rooms that must stay pure.

A list of what is forbidden has a hole for each library it forgets; a list of what is allowed has none.
"""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules

WITH_EFFECTS = frozenset(  # a text, since a list of 40 words would be a page
    """
    asyncio builtins ctypes ftplib getpass http imaplib io locale logging mmap multiprocessing os pathlib
    pickle pty queue random resource sched secrets select selectors shelve shutil signal smtplib socket
    socketserver sqlite3 ssl subprocess sys tempfile threading time tkinter urllib uuid webbrowser
    """.split()  # noqa: SIM905
)
"""What of the standard library reaches the world outside, the clock or chance."""


class OnlyImportsContract(Contract):
    """`modules` (with all below them) import directly only themselves, what `allowed` names, and the standard library.

    With `pure` also of the standard library only what has no effects and asks neither a clock nor chance.
    """

    type_name = "only_imports"

    modules = fields.ListField(subfield=fields.ModuleExpressionField())
    allowed = fields.ListField(subfield=fields.StringField(), required=False, default=[])
    pure = fields.BooleanField(required=False, default=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect every import that is not on the list."""
        library = sys.stdlib_module_names - (WITH_EFFECTS if self.pure else frozenset())
        found = []
        for root in sorted(m.name for m in module_expressions_to_modules(graph, self.modules)):
            allowed = [root, *self.allowed, *library]
            for importer in sorted({root, *graph.find_descendants(root)}):
                imports = sorted(graph.find_modules_directly_imported_by(importer))
                found += [(importer, name) for name in imports if not _is_listed(name, allowed)]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Show who imports what."""
        for importer, name in check.metadata["found"]:
            output.print_error(f"- {importer} imports {name}, which is not on its list", bold=False)
        output.new_line()


def _is_listed(name: str, allowed: list[str]) -> bool:
    return any(name == each or name.startswith(each + ".") for each in allowed)

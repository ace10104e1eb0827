"""`python -m contracts`: write the documents. `python -m contracts release`: keep the contract of this version."""

import sys

from contracts.breaking import broken
from contracts.succession import too_early
from contracts.usage import readers, told_types
from contracts.written import ROOT, contract_now, keep_release, last_release, version, write_documents
from shared.events import catalogue


def main(words: list[str]) -> int:
    """Exit status 0, or 1 with the reason why nothing was kept."""
    if words == []:
        write_documents()
        return 0
    if words != ["release"]:
        print(__doc__, file=sys.stderr)
        return 2
    return _release()


def _release() -> int:
    last, contract = last_release()
    faults = broken(contract, contract_now()) + too_early(catalogue(), readers(), told_types(), contract)
    if faults:
        print(f"This breaks what {last} promised:", *faults, sep="\n  ", file=sys.stderr)
        return 1
    try:
        path = keep_release()
    except FileExistsError:
        print(f"{version()} was released; raise the version in pyproject.toml first.", file=sys.stderr)
        return 1
    print(f"Kept {path.relative_to(ROOT)}. Commit it with the release.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

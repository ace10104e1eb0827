"""`python -m services.audit.verifier BUNDLE --key KEY`: exit 0 when everything holds, 1 when not, 2 for a wrong call."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from services.audit.model.note import GREATEST_NOTE
from services.audit.model.wrong import Wrong
from services.audit.verifier.verify import verify_bundle


def main(arguments: Sequence[str]) -> int:
    """Check one bundle and say what was found."""
    asked = _parser().parse_args(arguments)
    try:
        earlier = _read(asked.earlier) if asked.earlier else None
        report = verify_bundle(asked.bundle, asked.key, earlier)
    except (Wrong, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return 2
    if asked.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        print("\n".join(report.lines(asked.lang)))
    return 0 if report.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verifier", description="核验春雨审计日志 / check a Springrain audit log")
    parser.add_argument("bundle", type=Path, help="the exported bundle, or an unpacked one")
    parser.add_argument("--key", required=True, help="the log's verifier key, from a source you trust")
    parser.add_argument("--earlier", type=Path, help="a checkpoint you kept from before")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(GREATEST_NOTE + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

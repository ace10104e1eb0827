"""`python -m services.audit.verifier WHAT --key KEY`: exit 0 when everything holds, 1 when not, 2 for a wrong call.

WHAT is a bundle, a log's folder, a .tlog-proof file, or the text of a QR code (in a file, or as it is).
"""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm

from services.audit.model.policy import GREATEST_POLICY
from services.audit.model.wrong import Wrong
from services.audit.verifier.trust import trust
from services.audit.verifier.what import read_at_most, verify


def main(arguments: Sequence[str]) -> int:
    """Check one bundle or one proof and say what was found."""
    _speak_anywhere()
    asked = _parser().parse_args(arguments)
    try:
        policy = read_at_most(asked.policy, GREATEST_POLICY) if asked.policy else None
        report = verify(asked.what, trust(asked.key, asked.witness, asked.quorum, policy), asked.earlier, asked.entry)
    except (Wrong, OSError, RuntimeError, UnsupportedAlgorithm) as error:
        print(f"{error}", file=sys.stderr)
        return 2
    if asked.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        print("\n".join(report.lines(asked.lang)))
    return 0 if report.holds else 1


def _speak_anywhere() -> None:
    """A console that has no sign for a letter shows its number; nothing may end because of that."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verifier", description="核验春雨审计日志 / check a Springrain audit log")
    parser.add_argument("what", help="the exported bundle, a .tlog-proof file, or the text of a QR code")
    parser.add_argument("--key", action="append", default=[], help="the log's verifier key, from a source you trust")
    parser.add_argument("--witness", action="append", default=[], help="a witness's verifier key; all must have cosigned")
    parser.add_argument("--quorum", type=int, help="how many of the witnesses are enough")
    parser.add_argument("--policy", type=Path, help="a C2SP tlog-policy file instead of witnesses")
    parser.add_argument("--earlier", type=Path, help="a checkpoint you kept from before")
    parser.add_argument("--entry", type=Path, help="the entry's bytes, for a proof that does not carry them")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Figures to paper: a PDF/A by typst, the same bytes for the same figures, checkpoint and fonts.

Reads the template beside this file and the machine's Noto CJK fonts (SIL OFL, Debian `fonts-noto-cjk`): a font of ours with
fewer signs would miss the rare ones in names of villages. Asks no network; without the fonts it refuses and says which.
"""

import io
import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import segno
import typst

from services.audit.model.note import parse_note
from services.audit.report import words
from shared.canonical import canonical
from shared.errors import Busy

TEMPLATE = Path(__file__).parent / "inspection.typ"
FONTS = (Path("/usr/share/fonts/opentype/noto"), Path("/usr/share/fonts/noto-cjk"), Path("/usr/share/fonts/google-noto-cjk"))
"""Where Debian, Alpine and Fedora put them."""
LONGEST_LINE = 200
"""An Ed25519 signature line is shorter; one of ML-DSA-44 would not fit on paper."""


def digest_of(figures: Mapping[str, Any]) -> str:
    """SHA-256 of the figures in canonical JSON, in hex: what stands in the log, on the paper and in the QR code."""
    return sha256(canonical(figures)).hexdigest()


def paper_code(figures: Mapping[str, Any], note: bytes) -> str:
    """What the QR code says: format, inspection, SHA-256 of the figures, then the checkpoint with its short signatures."""
    parsed = parse_note(note)
    lines = [each.line() for each in parsed.signatures if len(each.line()) < LONGEST_LINE]
    head = f"{figures['format']}\n{figures['inspection']}\n{digest_of(figures)}\n"
    return head + (parsed.text + b"\n" + b"".join(lines)).decode()


def typeset(figures: Mapping[str, Any], note: bytes, at: datetime) -> bytes:
    """The report. `at` is the moment it says it was made. Raises Busy when this machine lacks the fonts."""
    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=[fonts()],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs=inputs_of(figures, note),
        pdf_standards=["a-3b"],
        timestamp=int(at.timestamp()),
    )


def inputs_of(figures: Mapping[str, Any], note: bytes) -> dict[str, str]:
    """What the template shows."""
    inputs = {"figures": canonical(figures).decode(), "digest": digest_of(figures)}
    return inputs | {"words": json.dumps(_words(), ensure_ascii=False), "qr": _qr(paper_code(figures, note))}


def fonts() -> Path:
    """The folder with the fonts. Raises Busy."""
    found = next((folder for folder in FONTS if folder.is_dir()), None)
    if found is None:
        raise Busy("this machine has no Noto CJK fonts: install fonts-noto-cjk, then close again", retry_after=60)
    return found


def _words() -> dict[str, Any]:
    return {name.lower(): getattr(words, name) for name in ("STRATA", "RESULTS", "WAYS", "KINDS", "ANSWERS")}


def _qr(text: str) -> str:
    file = io.BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="svg", border=2, xmldecl=False)
    return file.getvalue().decode()

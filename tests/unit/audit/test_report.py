"""The report of an inspection: the same bytes for the same figures, nobody's name, and what it needs to be checked."""

import json
import re
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from services.audit.export.qr import text_of_picture
from services.audit.inspections.rule import NAMES
from services.audit.inspections.steps import ANSWERS, KINDS, RESULTS, WAYS
from services.audit.model.checkpoint import open_checkpoint
from services.audit.report import words
from services.audit.report.typeset import digest_of, paper_code, typeset
from shared.canonical import canonical
from tests.unit.audit.inspected import CLOSED_AT, SIGNER, figures, inspection, note, paper_picture


@pytest.fixture(scope="module")
def paper() -> bytes:
    return typeset(figures(), note(), CLOSED_AT)


def test_the_same_figures_give_the_same_bytes(paper: bytes) -> None:
    assert paper == typeset(figures(), note(), CLOSED_AT)
    assert paper != typeset(figures(), note(), CLOSED_AT + timedelta(minutes=1))


def test_the_report_is_a_pdf_a_with_its_figures_inside(paper: bytes) -> None:
    assert paper.startswith(b"%PDF-")
    assert b"pdfaid:part>3<" in paper
    assert b"figures.json" in paper


def test_the_code_on_the_paper_says_which_figures_and_which_signed_checkpoint() -> None:
    code = paper_code(figures(), note())
    form, inspection_, digest, signed = code.split("\n", 3)
    assert (form, inspection_) == ("springrain-inspection-report@1", figures()["inspection"])
    assert digest == digest_of(figures()) == sha256(canonical(figures())).hexdigest()
    assert open_checkpoint(signed.encode(), [SIGNER.verifier], SIGNER.name).size == 823_456
    assert len(code) < 700


def test_the_code_is_read_back_from_the_page_as_it_is_printed(tmp_path: Path) -> None:
    assert text_of_picture(paper_picture(tmp_path)) == paper_code(figures(), note())


def test_a_signature_that_fits_no_paper_is_left_out_of_the_code() -> None:
    long = note() + "— w {}\n".format("A" * 3000).encode()
    assert paper_code(figures(), long) == paper_code(figures(), note())


def test_the_figures_add_up() -> None:
    found = figures()
    for name in RESULTS:
        assert found["results"][name] == sum(stratum[name] for stratum in found["strata"])
    assert sum(found["results"].values()) == found["sampled"] == sum(place["drawn"] for place in found["places"])
    assert sum(found["ways"].values()) == found["sampled"]
    assert [each["in_time"] for each in found["findings"]] == [True, False, False]
    assert found["findings"][2]["answer"] == "none"


def test_the_figures_name_nobody() -> None:
    text = json.dumps(figures(), ensure_ascii=False)
    people = {each["id"] for each in inspection()["sample"]} | {check["by"] for check in inspection()["checks"].values()}
    assert not [person for person in people if person in text]
    assert not re.search(r'"(name|phone|note|person)": "[^a-z]', text)


def test_what_nobody_could_be_asked_about_counts_for_neither_side() -> None:
    silent = {each: {**check, "result": "unknown"} for each, check in inspection()["checks"].items()}
    found = figures(checks=silent)
    assert found["results"] == {"holds": 0, "does_not_hold": 0, "unknown": found["sampled"]}
    assert not [name for name in found if "rate" in name or "score" in name]


@pytest.mark.parametrize(
    ("table", "codes"),
    [("STRATA", NAMES), ("RESULTS", RESULTS), ("WAYS", WAYS), ("KINDS", KINDS), ("ANSWERS", (*ANSWERS, "none"))],
)
def test_every_code_of_the_figures_has_words_in_both_languages(table: str, codes: Any) -> None:
    said = getattr(words, table)
    assert set(said) == set(codes)
    assert all(len(pair) == 2 and all(pair) for pair in said.values())

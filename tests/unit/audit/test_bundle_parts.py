"""Bundles of a part of the log: a span, a branch, one thing. What they prove, and what they do not claim to."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.export.bundle import selected_parts
from services.audit.log.folder import TileFolder
from services.audit.model import tar
from services.audit.model.selection import BRANCH, SPAN, THING, Picked, Selection, members, parse_picked_path, parse_selection
from services.audit.model.tiles import ENTRIES, Name
from services.audit.model.wrong import Wrong
from services.audit.verifier import Report, verify_bundle
from tests.unit.audit.logs import KEY, ORIGIN, event, exported, id_, joined, month, parts, root_of, signed

SIZE = 600
SPREAD = Selection(THING, id_(3))
UNNAMED = "that they are about it is the county's word alone"
OF_THREE = [n for n in range(SIZE) if n % 10 == 3]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> TileFolder:
    """A month of 600 entries about ten things."""
    where = tmp_path_factory.mktemp("parts")
    exported(where, month(SIZE))
    return TileFolder(where / "log")


def part(log: TileFolder, asked: Selection, indexes: list[int]) -> bytes:
    return b"".join(selected_parts(log, signed(SIZE, root_of(month(SIZE))), KEY, asked, indexes))


def verified(where: Path, data: bytes, earlier: bytes | None = None) -> Report:
    path = where / "part.tar"
    path.write_bytes(data)
    return verify_bundle(path, KEY, earlier)


def codes(report: Report) -> list[str]:
    assert not report.holds
    for lang in ("zh", "en"):
        assert report.lines(lang)
    return [finding.code for finding in report.findings]


@pytest.mark.parametrize(("first", "end"), [(0, 1), (0, 256), (100, 300), (255, 257), (256, 512), (590, 600), (0, 600)])
def test_a_span_holds_and_is_said_to_be_whole(tmp_path: Path, log: TileFolder, first: int, end: int) -> None:
    report = verified(tmp_path, part(log, Selection(SPAN), list(range(first, end))))
    assert (report.holds, report.checked, report.findings) == (True, end - first, [])
    assert any(f"第 {first} 条至第 {end - 1} 条一条不缺" in line for line in report.lines("zh"))


def test_one_thing_spread_over_the_log_holds_and_its_chain_is_whole(tmp_path: Path, log: TileFolder) -> None:
    report = verified(tmp_path, part(log, SPREAD, OF_THREE))
    assert (report.holds, report.checked, report.naming) == (True, 60, 60)
    assert (report.subjects, report.whole_things, report.elsewhere) == (1, 1, [])
    said = "\n".join(report.lines("en"))
    assert "Not proven: that nothing else" in said
    assert "1 things have every revision from the first on" in said


def test_a_revision_the_county_left_out_is_said_to_be_missing_here_and_is_no_fault_of_the_log(
    tmp_path: Path, log: TileFolder
) -> None:
    report = verified(tmp_path, part(log, SPREAD, [n for n in OF_THREE if n != 103]))
    assert report.holds
    assert (report.whole_things, [each.detail for each in report.elsewhere]) == (0, [f"{id_(3)} #11"])
    assert any("#11" in line for line in report.lines("zh"))


def test_an_empty_part_is_a_part(tmp_path: Path, log: TileFolder) -> None:
    assert verified(tmp_path, part(log, SPREAD, [])).holds


def test_a_part_is_small(log: TileFolder) -> None:
    assert len(part(log, SPREAD, [599])) < 30_000 < len(part(log, Selection(SPAN), list(range(SIZE)))) / 10


def test_a_span_with_an_entry_left_out_does_not_hold(tmp_path: Path, log: TileFolder) -> None:
    report = verified(tmp_path, part(log, Selection(SPAN), [10, 11, 13]))
    assert [(each.code, each.entry, each.detail) for each in report.findings] == [("span_gap", 13, "12-12")]
    assert codes(report)


def test_an_entry_of_another_branch_does_not_belong(tmp_path: Path, log: TileFolder) -> None:
    assert verified(tmp_path, part(log, Selection(BRANCH, id_(1)), [1, 2])).holds
    assert codes(verified(tmp_path, part(log, Selection(BRANCH, id_(2)), [1]))) == ["not_asked"]


def test_entries_of_a_village_belong_to_its_township_and_not_to_a_neighbour_with_a_like_name(tmp_path: Path) -> None:
    paths = (f"{id_(1)}/{id_(2)}", f"{id_(1)}/{id_(2)}/{id_(3)}", f"{id_(1)}/{id_(4)}")
    entries = [event(n, branch=path) for n, path in enumerate(paths)]
    exported(tmp_path, entries)
    folder, note = TileFolder(tmp_path / "log"), signed(3, root_of(entries))

    def of(indexes: list[int]) -> Report:
        return verified(tmp_path, b"".join(selected_parts(folder, note, KEY, Selection(BRANCH, paths[0]), indexes)))

    assert of([0, 1]).holds
    assert [(each.code, each.entry) for each in of([0, 2]).findings] == [("not_asked", 2)]


@pytest.mark.parametrize("index", [3, 253, 263, 593])
def test_a_bit_changed_in_a_chosen_entry_is_named_by_that_entry(tmp_path: Path, log: TileFolder, index: int) -> None:
    data, body = part(log, SPREAD, OF_THREE), month(SIZE)[index]
    report = verified(tmp_path, data.replace(body, body.replace(b'"minutes":35', b'"minutes":37')))
    assert [(each.code, each.entry) for each in report.findings] == [("entry", index)]


@settings(max_examples=80, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_bit_flipped_anywhere_in_a_part_is_found_but_for_what_was_asked(
    tmp_path_factory: pytest.TempPathFactory, log: TileFolder, at: float, bit: int
) -> None:
    data = part(log, SPREAD, OF_THREE[:30])
    changed, place = bytearray(data), int(at * len(data))
    changed[place] ^= 1 << bit
    report = verified(tmp_path_factory.mktemp("flip"), bytes(changed))
    if place in asked_in(data) and report.holds:
        assert (report.selection and report.selection.earlier) or UNNAMED in "\n".join(report.lines("en"))
    else:
        assert codes(report)


def test_a_part_relabelled_as_being_about_somebody_else_says_that_nothing_names_them(tmp_path: Path, log: TileFolder) -> None:
    files = parts(part(log, SPREAD, OF_THREE))
    files["about.json"] = files["about.json"].replace(id_(3).encode(), id_(4).encode())
    report = verified(tmp_path, joined(files))
    assert f"None of them names {id_(4)}" in "\n".join(report.lines("en"))
    assert report.naming == 0


def asked_in(data: bytes) -> set[int]:
    """The places of what somebody asked for: whose entries, and beside which earlier checkpoint. No signature covers them."""
    said = [(data.index(part), len(part)) for part in (b'"earlier": 0', id_(3).encode())]
    return {place for start, length in said for place in range(start, start + length)}


def test_an_entry_moved_to_another_place_is_found(tmp_path: Path, log: TileFolder) -> None:
    files = parts(part(log, SPREAD, [3, 13]))
    picked = bytearray(files["picked/000"])
    picked[0] = 4
    assert codes(verified(tmp_path, joined(files | {"picked/000": bytes(picked)}))) == ["entry"]


def test_files_swapped_doubled_or_left_out_are_found(tmp_path: Path, log: TileFolder) -> None:
    files = list(parts(part(log, SPREAD, OF_THREE)).items())
    for changed in (files[:-1], [*files, files[-1]], [*files[:-2], files[-1], files[-2]], [*files[:3], *files[4:]]):
        data = b"".join(tar.header(p, len(d)) + d + tar.padding(len(d)) for p, d in changed) + tar.END
        assert set(codes(verified(tmp_path, data))) & {"out_of_place", "part_differs"}


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "picked/../x", "picked/1", "picked/x000/000", "/picked/000", "tile/9/000"]
)
def test_a_name_that_leads_elsewhere_is_never_followed(tmp_path: Path, log: TileFolder, path: str) -> None:
    files = [(path if name == "picked/000" else name, data) for name, data in parts(part(log, SPREAD, [3])).items()]
    assert set(codes(verified(tmp_path, joined(dict(files))))) <= {"another_file", "out_of_place"}
    assert [each.name for each in tmp_path.iterdir()] == ["part.tar"]


@pytest.mark.parametrize("data", [b"\x03", b"\x03\xff\xff" + b"x" * 9, b"\x05\0\0\x05\0\0", b"\x05\0\0\x04\0\0", b"\x03\0"])
def test_chosen_entries_that_cannot_be_taken_apart_are_refused(tmp_path: Path, log: TileFolder, data: bytes) -> None:
    files = parts(part(log, SPREAD, [3, 13]))
    assert codes(verified(tmp_path, joined(files | {"picked/000": data})))[0] == "picked_form"


def test_a_part_cut_anywhere_does_not_hold(tmp_path: Path, log: TileFolder) -> None:
    data = part(log, SPREAD, OF_THREE)
    for cut in (-1, -1024, -1025, -5000, 20_000, 1500, 513):
        assert set(codes(verified(tmp_path, data[:cut]))) <= {"cut_short", "leftover"}


def test_a_part_that_says_to_be_the_whole_log_is_found(tmp_path: Path, log: TileFolder) -> None:
    files = parts(part(log, SPREAD, OF_THREE))
    assert codes(verified(tmp_path, joined(files | {"about.json": tar.about(ORIGIN, SIZE, KEY)})))


@pytest.mark.parametrize(
    "change", [{"entries": 61}, {"first": 4}, {"last": 592}, {"kind": "all"}, {"of": "x"}, {"earlier": -1}]
)
def test_a_part_that_says_another_thing_of_itself_is_found(tmp_path: Path, log: TileFolder, change: dict[str, object]) -> None:
    right = Selection(THING, id_(3), entries=60, first=3, last=593)
    files = parts(part(log, SPREAD, OF_THREE))
    assert files["about.json"] == tar.about(ORIGIN, SIZE, KEY, right)
    files["about.json"] = tar.about(ORIGIN, SIZE, KEY, replace(right, **change))  # type: ignore[arg-type]
    assert set(codes(verified(tmp_path, joined(files)))) & {"about", "part_differs"}


@pytest.mark.parametrize("about", [b"", b"null", b"[]", b'{"holds":{}}', b'{"holds":{"kind":7}}', b"\xff" * 99, b"[" * 4000])
def test_what_is_no_about_is_found_and_nothing_breaks(tmp_path: Path, log: TileFolder, about: bytes) -> None:
    files = parts(part(log, SPREAD, OF_THREE))
    assert "about" in codes(verified(tmp_path, joined(files | {"about.json": about})))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 300, 512, 599, 600])
def test_a_part_is_compared_with_an_earlier_checkpoint_it_was_made_for(tmp_path: Path, log: TileFolder, size: int) -> None:
    data = part(log, replace(SPREAD, earlier=size), [3, 593])
    report = verified(tmp_path, data, signed(size, root_of(month(SIZE)[:size])))
    assert (report.holds, report.earlier_size) == (True, size)
    assert codes(verified(tmp_path, data, signed(size, root_of(month(size + 1)[1:])))) == ["earlier_differs"]


def test_a_part_that_does_not_hold_what_the_comparison_needs_says_so(tmp_path: Path, log: TileFolder) -> None:
    report = verified(tmp_path, part(log, SPREAD, [593]), signed(100, root_of(month(100))))
    assert codes(report) == ["earlier_not_held"]


def test_a_part_holds_as_the_file_it_came_in_only(tmp_path: Path, log: TileFolder) -> None:
    for path, data in parts(part(log, SPREAD, [3])).items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_bytes(data)
    assert codes(verify_bundle(tmp_path / "folder", KEY)) == ["unpacked_part"]


def test_the_proof_of_a_far_entry_of_ten_million_needs_a_tile_a_level() -> None:
    names = list(members(10_000_000, [1_234_567]))
    assert names[-1] == Picked(4822, (135,))
    assert [name.level for name in names if isinstance(name, Name)] == [2, 1, 0, 1, 0]
    assert not [name for name in names if isinstance(name, Name) and name.level == ENTRIES]


def test_what_a_part_says_of_itself_is_read_back_exactly() -> None:
    for found in (Selection(SPAN, "", "2026-01-01", "2026-01-31", 7, 2, 8), Selection(THING, id_(1), earlier=99)):
        assert parse_selection(found.said()) == found
    for said in ({}, {**SPREAD.said(), "more": 1}, {**SPREAD.said(), "from": "yesterday"}, {**SPREAD.said(), "entries": True}):
        with pytest.raises(Wrong):
            parse_selection(said)
    for index in (0, 999, 1000, 1_234_067):
        assert parse_picked_path(Picked(index).path) == index

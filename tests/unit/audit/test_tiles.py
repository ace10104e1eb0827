"""Paths and widths of tlog-tiles, to the byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.model.tiles import (
    ENTRIES,
    Name,
    edge,
    from_the_top,
    full_tiles,
    name_at,
    pack,
    parse_path,
    partial_width,
    unpack,
)
from services.audit.model.wrong import Wrong

NAMES = st.builds(Name, st.integers(ENTRIES, 63), st.integers(0, (1 << 56) - 1), st.integers(1, 256))

NO_PATHS = [
    "tile/0/x1/067",
    "tile/0/x0001/000",
    "tile/0/x000/001",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/64/000",
    "tile/00/000",
    "tile/-1/000",
    "tile/0/..%2f",
    "tile/0/../000",
    "tile/0/000/",
    "/tile/0/000",
    "tile/0/000\n",
    "tile/0/１２３",
    "tile/0/0",
    "tile/0/001/067",
    "tile/entries/000.p",
    "tile/entry/000",
    "checkpoint",
    ".lock",
    "",
]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (Name(0, 1_234_067), "tile/0/x001/x234/067"),
        (Name(0, 0), "tile/0/000"),
        (Name(63, 999, 1), "tile/63/999.p/1"),
        (Name(ENTRIES, 1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_paths_are_those_of_the_specification(name: Name, path: str) -> None:
    assert (name.path, parse_path(path)) == (path, name)


@given(NAMES)
def test_every_name_is_read_back_from_its_path(name: Name) -> None:
    assert parse_path(name.path) == name


@pytest.mark.parametrize("path", NO_PATHS)
def test_no_other_spelling_names_a_tile(path: str) -> None:
    with pytest.raises(Wrong):
        parse_path(path)


def test_seventy_thousand_entries_have_the_tiles_the_specification_counts() -> None:
    assert (full_tiles(0, 70_000), partial_width(0, 70_000)) == (273, 112)
    assert (full_tiles(1, 70_000), partial_width(1, 70_000)) == (1, 17)
    assert (full_tiles(2, 70_000), partial_width(2, 70_000)) == (0, 1)
    assert edge(70_000) == [Name(2, 0, 1), Name(1, 1, 17), Name(0, 273, 112)]


def test_256_entries_fill_a_tile_and_begin_the_next_level() -> None:
    assert list(from_the_top(256)) == [Name(1, 0, 1), Name(0, 0), Name(ENTRIES, 0)]


def test_an_empty_tile_has_no_name() -> None:
    with pytest.raises(Wrong):
        name_at(0, 1, 256)
    assert list(from_the_top(0)) == []


@given(st.integers(1, 200_000))
def test_an_export_holds_each_entry_once_and_each_tile_after_the_one_above(size: int) -> None:
    names = list(from_the_top(size))
    assert len(set(names)) == len(names)
    assert sum(name.width for name in names if name.level == ENTRIES) == size
    assert sum(name.width for name in names if name.level == 0) == size
    seen = set()
    for name in names:
        parent = (name.level + 1, name.index // 256) if name.level >= 0 else (0, name.index)
        on_edge = name.level >= 0 and name.width < 256
        assert on_edge or parent in seen
        seen.add((name.level, name.index))


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert list(unpack(pack(entries))) == entries


def test_an_entry_of_65535_bytes_fits_and_one_more_does_not() -> None:
    assert list(unpack(pack([bytes(65_535)]))) == [bytes(65_535)]
    with pytest.raises(Wrong):
        pack([bytes(65_536)])


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x05abcd", b"\x00\x01a\x00"])
def test_a_bundle_cut_short_is_no_bundle(bundle: bytes) -> None:
    with pytest.raises(Wrong):
        list(unpack(bundle))

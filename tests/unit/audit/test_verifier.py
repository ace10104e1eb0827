"""The offline verifier: what holds, what does not, and by which entry."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.export.bundle import bundle_parts, write_bundle
from services.audit.log.folder import TileFolder
from services.audit.model import tar
from services.audit.model.note import Ed25519Signer
from services.audit.model.wrong import Wrong
from services.audit.verifier import Report, verify_bundle
from services.audit.verifier.entry import read_entry
from services.audit.verifier.words import FINDINGS, LINES, ONE
from shared.errors import Malformed
from shared.events import envelope
from tests.unit.audit.logs import COUNTY, KEY, ORIGIN, event, exported, id_, joined, month, parts, root_of, signed

PLACES = (0, 1, 255, 256, 599)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A month of 600 entries."""
    return exported(tmp_path_factory.mktemp("month"), month(600)).read_bytes()


def verified(where: Path, data: bytes, earlier: bytes | None = None) -> Report:
    path = where / "copy.tar"
    path.write_bytes(data)
    return verify_bundle(path, KEY, earlier)


def codes(report: Report) -> set[str]:
    assert not report.holds
    for lang in ("zh", "en"):
        assert report.lines(lang)
    return {finding.code for finding in report.findings}


def relogged(where: Path, entries: list[bytes]) -> Report:
    """An honest log over whatever these entries are."""
    return verify_bundle(exported(where, entries), KEY)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_an_honest_log_holds(tmp_path: Path, size: int) -> None:
    report = relogged(tmp_path, month(size))
    assert (report.holds, report.findings, report.checked, report.size) == (True, [], size, size)
    assert sum(report.sources.values()) == size
    assert report.subjects == min(size, 10)


def test_the_report_counts_what_each_source_told(tmp_path: Path) -> None:
    assert relogged(tmp_path, month(9)).sources == {
        f"{COUNTY}/notifier": 3,
        f"{COUNTY}/registry": 3,
        f"{COUNTY}/scheduler": 3,
    }


def test_any_tar_opens_the_bundle_and_the_unpacked_folder_holds_too(tmp_path: Path, bundle: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle)) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    assert verify_bundle(tmp_path / "unpacked", KEY).holds


def test_the_logs_own_folder_holds_at_its_last_checkpoint(tmp_path: Path) -> None:
    exported(tmp_path, month(600))
    assert verify_bundle(tmp_path / "log", KEY).holds


def test_a_bundle_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    exported(tmp_path, month(300))
    (tmp_path / "log/tile/0/000").unlink()
    with pytest.raises(Exception, match="not there"):
        note = signed(300, root_of(month(300)))
        write_bundle(tmp_path / "second.tar", bundle_parts(TileFolder(tmp_path / "log"), note, KEY))
    assert not list(tmp_path.glob("second*"))


@settings(max_examples=150, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_bit_flipped_anywhere_in_the_file_is_found(
    tmp_path_factory: pytest.TempPathFactory, bundle: bytes, at: float, bit: int
) -> None:
    changed = bytearray(bundle)
    changed[int(at * len(bundle))] ^= 1 << bit
    codes(verified(tmp_path_factory.mktemp("flip"), bytes(changed)))


def test_each_part_of_a_small_bundle_matters_byte_by_byte(tmp_path: Path) -> None:
    small = exported(tmp_path, month(2)).read_bytes()
    for at in range(0, len(small), 5):
        changed = bytearray(small)
        changed[at] ^= 1 << at % 8
        assert codes(verified(tmp_path, bytes(changed))), f"byte {at}"


@pytest.mark.parametrize("index", PLACES)
def test_a_bit_flipped_in_an_entry_is_named_by_that_entry(tmp_path: Path, bundle: bytes, index: int) -> None:
    body = month(600)[index]
    report = verified(tmp_path, bundle.replace(body, body.replace(b'"minutes":35', b'"minutes":37')))
    assert [(each.code, each.entry) for each in report.findings] == [("entry", index)]
    assert f"tile/entries/00{index // 256}" in report.findings[0].place
    assert (report.checked, report.judged) == (599, False)


@pytest.mark.parametrize("index", PLACES)
def test_a_bit_flipped_in_a_hash_is_told_from_one_in_an_entry(tmp_path: Path, bundle: bytes, index: int) -> None:
    files = parts(bundle)
    path = next(each for each in files if each.startswith(f"tile/0/00{index // 256}"))
    hashes = bytearray(files[path])
    hashes[index % 256 * 32] ^= 1
    report = verified(tmp_path, joined(files | {path: bytes(hashes)}))
    assert ("tile_hash", index) in [(each.code, each.entry) for each in report.findings]
    assert "entry" not in codes(report)
    assert report.checked == 600


def test_a_bit_flipped_in_an_upper_tile_names_the_entries_below(tmp_path: Path, bundle: bytes) -> None:
    files = parts(bundle)
    hashes = bytearray(files["tile/1/000.p/2"])
    hashes[32] ^= 1
    report = verified(tmp_path, joined(files | {"tile/1/000.p/2": bytes(hashes)}))
    assert codes(report) == {"root", "parent_hash"}
    assert [each.detail for each in report.findings if each.code == "parent_hash"] == ["256-511"]


def rebundled(bundle: bytes, index: int, entries: list[bytes]) -> bytes:
    files = parts(bundle)
    path = next(each for each in files if each.startswith(f"tile/entries/00{index}"))
    return joined(files | {path: b"".join(len(each).to_bytes(2, "big") + each for each in entries)})


@pytest.mark.parametrize("slot", [0, 1])
def test_an_entry_removed_added_or_swapped_is_named_where_it_begins(tmp_path: Path, bundle: bytes, slot: int) -> None:
    held = month(600)[slot * 256 : slot * 256 + 256]
    changed = {
        "removed": held[:9] + held[10:],
        "added": [*held[:9], event(9_999), *held[9:]],
        "swapped": [*held[:9], held[10], held[9], *held[11:]],
        "last removed": held[:-1],
        "one more": [*held, event(9_999)],
    }
    firsts = {name: verified(tmp_path, rebundled(bundle, slot, entries)).findings[0] for name, entries in changed.items()}
    start = slot * 256
    assert {name: found.entry for name, found in firsts.items()} == {
        "removed": start + 9,
        "added": start + 9,
        "swapped": start + 9,
        "last removed": start + 255,
        "one more": start,
    }


def test_a_log_rewritten_with_all_its_tiles_does_not_give_the_signed_root(tmp_path: Path) -> None:
    honest = signed(600, root_of(month(600)))
    forged = exported(tmp_path, [*month(599), event(7_777)])
    report = verified(tmp_path, joined(parts(forged.read_bytes()) | {"checkpoint": honest}))
    assert "root" in codes(report)


def test_a_checkpoint_signed_by_another_key_does_not_hold(tmp_path: Path) -> None:
    stranger = Ed25519Signer(ORIGIN, bytes(32))
    path = exported(tmp_path, month(30))
    note = signed(30, root_of(month(30)), stranger)
    assert "signature" in codes(verified(tmp_path, joined(parts(path.read_bytes()) | {"checkpoint": note})))
    assert codes(verify_bundle(path, str(stranger.verifier))) == {"signature", "about"}


@pytest.mark.parametrize(
    "change", [(b"\n", b"\r\n"), (b"\n30\n", b"\n030\n"), (b"\n30\n", b"\n-30\n"), (b"\n30\n", b"\n" + b"9" * 40 + b"\n")]
)
def test_a_malformed_checkpoint_is_named(tmp_path: Path, change: tuple[bytes, bytes]) -> None:
    files = parts(exported(tmp_path, month(30)).read_bytes())
    assert codes(verified(tmp_path, joined(files | {"checkpoint": files["checkpoint"].replace(*change)}))) == {"checkpoint"}


def test_a_truncated_bundle_says_from_which_entry_on_nothing_was_checked(tmp_path: Path, bundle: bytes) -> None:
    where = bundle.index(month(600)[300])
    report = verified(tmp_path, bundle[:where])
    assert [(each.code, each.entry) for each in report.findings] == [("cut_short", 256)]
    assert (report.finished, report.judged, report.checked) == (False, False, 256)


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 700, 1024, -1, -1024, -1025])
def test_a_bundle_cut_anywhere_does_not_hold(tmp_path: Path, bundle: bytes, cut: int) -> None:
    assert codes(verified(tmp_path, bundle[:cut])) <= {"cut_short", "leftover"}


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "tile/entries/x1/067", "tile/0/..%2f", "tile/0/001"])
def test_a_name_that_leads_elsewhere_is_never_followed(tmp_path: Path, bundle: bytes, path: str) -> None:
    files = [(path if each == "tile/0/000" else each, data) for each, data in parts(bundle).items()]
    data = b"".join(tar.header(p, len(d)) + d + tar.padding(len(d)) for p, d in files) + tar.END
    assert codes(verified(tmp_path, data)) == {"another_file"}
    assert [each.name for each in tmp_path.iterdir()] == ["copy.tar"]


def test_links_in_the_place_of_files_are_refused(tmp_path: Path, bundle: bytes) -> None:
    link = tarfile.TarInfo("checkpoint")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    assert codes(verified(tmp_path, link.tobuf(tarfile.USTAR_FORMAT) + bundle)) == {"another_file"}


def test_a_file_that_claims_to_be_huge_is_not_read(tmp_path: Path, bundle: bytes) -> None:
    head = tar.header("checkpoint", 8 * 1024**3 - 1)
    assert codes(verified(tmp_path, head + bundle[512:])) == {"too_large"}


def test_a_bundle_of_eight_million_empty_entries_is_not_counted_to_the_end(tmp_path: Path, bundle: bytes) -> None:
    files = parts(bundle) | {"tile/entries/000": bytes(256 * 65_537)}
    report = verified(tmp_path, joined(files))
    assert [(each.code, each.detail) for each in report.findings][1:] == [("bundle_count", "257 / 256")]


@pytest.mark.parametrize("data", [b"PK\x03\x04" + bytes(2000), b"\x1f\x8b" + bytes(2000), bytes(4096), b"hello"])
def test_another_kind_of_file_is_no_bundle_and_is_not_unpacked(tmp_path: Path, data: bytes) -> None:
    assert codes(verified(tmp_path, data)) <= {"another_file", "cut_short"}


def test_something_after_the_end_is_found(tmp_path: Path, bundle: bytes) -> None:
    assert codes(verified(tmp_path, bundle + b"\0")) == {"leftover"}


def test_a_missing_bundle_is_reported_without_a_stack_trace(tmp_path: Path) -> None:
    assert codes(verify_bundle(tmp_path / "nothing.tar", KEY)) == {"unreadable"}
    (tmp_path / "empty").mkdir()
    assert codes(verify_bundle(tmp_path / "empty", KEY)) == {"cut_short"}


def test_a_damaged_folder_is_named_like_a_damaged_bundle(tmp_path: Path) -> None:
    exported(tmp_path, month(600))
    for path, data in (("tile/0/001", b"short"), ("tile/entries/000", b"\0"), ("tile/entries/002.p/88", b"\xff" * 9_000_000)):
        target = tmp_path / "log" / path
        kept = target.read_bytes()
        target.write_bytes(data)
        assert codes(verify_bundle(tmp_path / "log", KEY)) & {"tile_length", "entry", "bundle_count", "tile"}
        target.write_bytes(kept)
    assert verify_bundle(tmp_path / "log", KEY).holds


def test_a_hole_in_a_subjects_chain_is_named(tmp_path: Path) -> None:
    report = relogged(tmp_path, [event(0, subject=5), event(1), event(2, subject=5, revision=4)])
    assert [(each.code, each.entry, each.detail) for each in report.findings] == [("hole", 2, f"{id_(5)} #2-3")]
    assert report.sound


def test_a_revision_and_an_event_id_used_twice_are_named(tmp_path: Path) -> None:
    entries = [event(0, subject=5), event(1, subject=5), event(2, id=id_(1_000_000))]
    report = relogged(tmp_path, entries)
    assert [(each.code, each.entry) for each in report.findings] == [("revision_twice", 1), ("id_twice", 2)]


def test_revisions_may_come_in_any_order(tmp_path: Path) -> None:
    assert relogged(tmp_path, [event(0, subject=5, revision=2), event(1, subject=5, revision=1)]).holds


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_canonical"),
        (b"not json", "not_canonical"),
        (b"[" * 60_000, "not_canonical"),
        (event(1) + b" ", "not_canonical"),
        (event(1).replace(b'":', b'": ', 1), "not_canonical"),
        (event(1).replace(b"35", b"35.0"), "not_canonical"),
        (event(1).replace(b"35", b"NaN"), "not_canonical"),
        (event(1).replace(b"35", b"-0"), "not_canonical"),
        (event(1).replace(b"35", b'"\\u4e2d"'), "not_canonical"),
        (event(1).replace(b"35", b'"\\ud800"'), "not_canonical"),
        (event(1).replace(b'"minutes":35', b'"minutes":35,"minutes":35'), "not_canonical"),
        (event(1).replace(b"35", b"null"), "envelope"),
        (event(1).replace(b"35", b"9007199254740992"), "envelope"),
        (event(1, revision=0), "envelope"),
        (event(1, revision=2**31), "envelope"),
        (event(1, extra="more"), "envelope"),
        (event(1, actor=""), "envelope"),
        (event(1, time="2026-02-30T00:00:00Z"), "envelope"),
        (event(1, time="2026-02-03T24:00:00Z"), "envelope"),
        (event(1, type="visit.completed"), "envelope"),
        (event(1, source="/elsewhere/scheduler"), "envelope"),
        (event(1, data={"Big": 1}), "envelope"),
        (event(1, data={"a": "x" * 40_000}), "envelope"),
        (event(1, data=[]), "envelope"),
        (b"{}", "envelope"),
        (b"[]", "envelope"),
    ],
)
def test_an_entry_that_is_not_a_canonical_event_is_named(tmp_path: Path, body: bytes, code: str) -> None:
    report = relogged(tmp_path, [event(0), body, event(2)])
    assert [(each.code, each.entry) for each in report.findings] == [(code, 1)]
    with pytest.raises(Malformed):
        if envelope.read(body).body != envelope.canonical(envelope.parse(body)):
            raise Malformed("not_canonical")


def test_what_the_services_tell_is_what_the_verifier_reads() -> None:
    told = envelope.make(
        id=id_(1),
        source=f"{COUNTY}/registry",
        type="look_in.asked.v12",
        subject=id_(2),
        time="2028-02-29T23:59:59Z",
        revision=2**31 - 1,
        branch="/".join([id_(3)] * 6),
        actor=id_(4),
        data={"note": '春雨\u2028\x7f"\\\n', "flag": True, "list": [{"n": -(2**53 - 1)}, "x"], "empty": {}},
    )
    assert read_entry(told.body)["data"] == told.data


def test_a_log_that_went_on_is_consistent_with_what_the_inspector_kept(tmp_path: Path, bundle: bytes) -> None:
    for size in (0, 1, 255, 256, 300, 599, 600):
        report = verified(tmp_path, bundle, signed(size, root_of(month(600)[:size])))
        assert (report.holds, report.earlier_size) == (True, size)


def test_a_rewritten_or_rolled_back_log_is_not(tmp_path: Path, bundle: bytes) -> None:
    assert codes(verified(tmp_path, bundle, signed(300, root_of(month(301)[1:])))) == {"earlier_differs"}
    assert codes(verified(tmp_path, bundle, signed(600, root_of(month(601)[1:])))) == {"earlier_differs"}
    assert codes(verified(tmp_path, bundle, signed(601, root_of(month(601))))) == {"earlier_larger"}
    stranger = Ed25519Signer(ORIGIN, bytes(32))
    assert codes(verified(tmp_path, bundle, signed(1, root_of(month(1)), stranger))) == {"earlier_signature"}


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Wrong):
        verify_bundle(tmp_path / "any", "not a key")


def test_every_sentence_is_there_in_both_languages() -> None:
    for table in (LINES, FINDINGS, ONE):
        assert {frozenset(each) for each in table.values()} == {frozenset(("zh", "en"))}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.audit.verifier", *arguments], capture_output=True, text=True, check=False
    )


def test_in_its_own_process_it_needs_the_bundle_and_the_key_alone(tmp_path: Path) -> None:
    path = exported(tmp_path, month(20))
    good = run(str(path), "--key", KEY, "--json")
    assert (good.returncode, json.loads(good.stdout)["holds"]) == (0, True)
    body = month(20)[7]
    path.write_bytes(path.read_bytes().replace(body, body.replace(b"35", b"37")))
    bad = run(str(path), "--key", KEY)
    assert (bad.returncode, "记录 7" in bad.stdout) == (1, True)
    wrong = run(str(path), "--key", "nonsense")
    assert (wrong.returncode, wrong.stdout, "Traceback" in wrong.stderr) == (2, "", False)


def test_it_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    script = "import sys, services.audit.verifier.__main__; print('\\n'.join(sys.modules))"
    names = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in names if name.startswith(("services", "shared"))}
    assert all(
        name in ("services", "services.audit") or name.startswith(("services.audit.model", "services.audit.verifier"))
        for name in ours
    )
    others = {name.split(".")[0] for name in names} - {"services", "cryptography", "cffi", "_cffi_backend", "__main__"}
    assert others <= set(sys.stdlib_module_names) | {each for each in others if each.startswith(("_", "sitecustomize"))}

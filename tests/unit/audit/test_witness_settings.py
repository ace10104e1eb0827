"""SPRINGRAIN_WITNESSES: a wrong file or address stops the start with a line that says where, and is never half read."""

from pathlib import Path

import pytest

from services.audit.model.cosignature import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, CosignatureKey
from services.audit.witnessing.witnesses import by_address, read_policy
from shared.errors import ConfigError

KEYS = [
    CosignatureKey(f"w{kind}.example", kind, bytes([kind]) * 32).verifier for kind in (COSIGNATURE_ED25519, COSIGNATURE_MLDSA44)
]


def written(folder: Path, *lines: str) -> Path:
    path = folder / "policy"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_two_keys_at_one_address_are_one_witness_and_who_has_none_is_not_asked(tmp_path: Path) -> None:
    lines = [f"witness a {KEYS[0]} https://w.example/", f"witness b {KEYS[1]} https://w.example", "quorum none"]
    ((client, several),) = by_address(read_policy(written(tmp_path, *lines)))
    assert (client.url, [each.name for each in several]) == ("https://w.example", [b"a", b"b"])
    assert by_address(read_policy(written(tmp_path, f"witness a {KEYS[0]}", "quorum a"))) == []


def test_a_wrong_policy_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SPRINGRAIN_WITNESSES: policy: line 2"):
        read_policy(written(tmp_path, "quorum none", "quorum none"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_policy(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="address"):
        by_address(read_policy(written(tmp_path, f"witness a {KEYS[0]} ftp://w.example", "quorum none")))

"""Tokens: only a fresh one of ours, for here, with the rights of today (docs/faults.md)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.errors import ConfigError, Unauthenticated
from shared.tokens import TokenMaker, TokenReader, create_token_keys

CLERK = Principal("0197a1de-0000-7000-8000-0000000000a1", Role.CLERK, "county/township", 4, "", "session-1")
STRANGER = OKPKey.generate_key("Ed25519")


class HandClock(MachineClock):
    """Machine time that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Known:
    """A rights book in memory."""

    def __init__(self) -> None:
        self.revision = 0

    def refuse_older(self, account: str, revision: int) -> None:
        if revision < self.revision:
            raise Unauthenticated


class Office:
    """A registry's maker and a scheduler's reader of one county."""

    def __init__(self, folder: Path) -> None:
        self.private, self.public = create_token_keys(folder)
        self.clock, self.rights = HandClock(), Known()
        self.maker = TokenMaker(self.private, "county", self.clock)
        self.reader = TokenReader([self.public], "county", "scheduler", self.rights, self.clock)

    def token(self, **changes: Any) -> str:
        """A token signed with the true key, with some claims or header fields other than they should be."""
        made = self.maker.make(CLERK, ["scheduler"])
        header, claims = (json.loads(_decoded(part)) for part in made.split(".")[:2])
        claims |= changes.pop("claims", {})
        key = changes.pop("key", OKPKey.import_key(self.private.read_bytes()))
        for name in changes.pop("without", ()):
            del claims[name]
        return jwt.encode(header | changes, claims, key, algorithms=["Ed25519", "HS256", "none"])


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_fresh_token_tells_who_asks(office: Office) -> None:
    assert office.reader.read(office.maker.make(CLERK, ["scheduler", "audit"])) == CLERK


FORGERIES: dict[str, Callable[[Office], str]] = {
    "nothing": lambda o: "",
    "no token": lambda o: "a.b.c",
    "text of another script": lambda o: "令牌",
    "huge": lambda o: o.token(claims={"x": "x" * 5000}),
    "algorithm none": lambda o: _with_header(o, {"alg": "none"}, ""),
    "HS256 with the public key": lambda o: _signed_with_public_key(o),
    "a stranger's key": lambda o: o.token(key=STRANGER),
    "a kid that is a path": lambda o: o.token(kid="../../dev/null"),
    "a kid that is a list": lambda o: _with_header(o, {"alg": "Ed25519", "kid": ["a"]}, "AAAA"),
    "a key of its own in the header": lambda o: o.token(key=STRANGER, jwk=STRANGER.as_dict(private=False)),
    "another service": lambda o: o.maker.make(CLERK, ["registry"]),
    "another county": lambda o: TokenMaker(o.private, "other", o.clock).make(CLERK, ["scheduler"]),
    "another issuer": lambda o: o.token(claims={"iss": "/springrain/county/notifier"}),
    "an audience that only contains ours": lambda o: o.token(claims={"aud": "/springrain/county/scheduler2"}),
    "expired one second ago": lambda o: o.maker.make(CLERK, ["scheduler"], lifetime=-1),
    "expired this moment": lambda o: o.maker.make(CLERK, ["scheduler"], lifetime=0),
    "made tomorrow": lambda o: o.token(claims={"iat": int(o.clock.at.timestamp()) + 86_400}),
    "without an end": lambda o: o.token(without=["exp"]),
    "with a text for its end": lambda o: o.token(claims={"exp": "never"}),
    "a role nobody knows": lambda o: o.token(claims={"role": "root"}),
    "a branch that is a filter": lambda o: o.token(claims={"branch": {"$gt": ""}}),
    "changed claims": lambda o: _with_claims(o, {"role": "administrator"}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_any_other_token_is_nobody(office: Office, forgery: str) -> None:
    with pytest.raises(Unauthenticated):
        office.reader.read(FORGERIES[forgery](office))


def test_a_token_with_withdrawn_rights_is_refused_at_once(office: Office) -> None:
    token = office.maker.make(CLERK, ["scheduler"])
    office.rights.revision = 5
    for read in (office.reader.read, office.reader.read_expired):
        with pytest.raises(Unauthenticated):
            read(token)


def test_an_expired_token_can_be_renewed_for_half_a_day(office: Office) -> None:
    token = office.maker.make(CLERK, ["scheduler"])
    office.clock.at += timedelta(hours=12, seconds=299)
    assert office.reader.read_expired(token) == CLERK
    office.clock.at += timedelta(seconds=1)
    with pytest.raises(Unauthenticated):
        office.reader.read_expired(token)


def test_a_service_may_know_the_next_key_as_well(office: Office, tmp_path: Path) -> None:
    (tmp_path / "next").mkdir()
    following = Office(tmp_path / "next")
    reader = TokenReader([office.public, following.public], "county", "scheduler", Known(), office.clock)
    for maker in (office.maker, following.maker):
        assert reader.read(maker.make(CLERK, ["scheduler"])) == CLERK


def test_key_files_are_for_their_owner_and_never_replaced(office: Office, tmp_path: Path) -> None:
    assert office.private.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        create_token_keys(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_wrong_key_file_stops_the_start_and_names_the_setting(office: Office, tmp_path: Path, content: bytes) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_bytes(content)
    wrong.chmod(0o600)
    with pytest.raises(ConfigError, match="SPRINGRAIN_TOKEN_KEY_FILE"):
        TokenMaker(wrong, "county", office.clock)
    with pytest.raises(ConfigError, match="SPRINGRAIN_TOKEN_PUBLIC_KEY_FILES"):
        TokenReader([wrong], "county", "scheduler", Known(), office.clock)


def test_a_private_key_others_may_read_stops_the_start(office: Office) -> None:
    office.private.chmod(0o640)
    with pytest.raises(ConfigError):
        TokenMaker(office.private, "county", office.clock)


def _with_header(office: Office, header: dict[str, Any], signature: str) -> str:
    body = office.maker.make(CLERK, ["scheduler"]).split(".")[1]
    return f"{_encoded(json.dumps(header).encode())}.{body}.{signature}"


def _signed_with_public_key(office: Office) -> str:
    """What CVE-2022-29217 let through: the public key, which anybody has, taken for a shared secret."""
    unsigned = _with_header(office, {"alg": "HS256", "kid": OKPKey.import_key(office.public.read_bytes()).thumbprint()}, "")
    signature = hmac.digest(office.public.read_bytes(), unsigned[:-1].encode(), hashlib.sha256)
    return unsigned + _encoded(signature)


def _with_claims(office: Office, changes: dict[str, Any]) -> str:
    header, body, signature = office.maker.make(CLERK, ["scheduler"]).split(".")
    return f"{header}.{_encoded(json.dumps(json.loads(_decoded(body)) | changes).encode())}.{signature}"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

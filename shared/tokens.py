"""Tokens: who asks, for five minutes, signed by registry with Ed25519 and read by every service.

Registry alone holds the private key. A reader takes one algorithm, a fixed one: never what the token says of itself.
It names no reason that would help a forger: whatever is wrong, the answer is Unauthenticated.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey

from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.errors import ConfigError, Unauthenticated
from shared.rights import Rights
from shared.sealing.master import read_secret, write_secret

ALGORITHM = "Ed25519"
LIFETIME = 300
MOST = 4096
_AHEAD = 60  # seconds another machine's clock may run before ours
_PRIVATE, _PUBLIC = "token.key", "token.pub"


def create_token_keys(directory: Path) -> tuple[Path, Path]:
    """Make a new key pair: `token.key` (PKCS#8 PEM, 0600) for registry, `token.pub` (PEM) for all. Replaces nothing."""
    key = Ed25519PrivateKey.generate()
    write_secret(directory / _PRIVATE, _pem(key))
    write_secret(directory / _PUBLIC, _public_pem(key.public_key()))
    (directory / _PUBLIC).chmod(0o644)
    return directory / _PRIVATE, directory / _PUBLIC


class TokenMaker:
    """Makes tokens (registry only). Raises ConfigError at once for a file that holds no such key."""

    def __init__(
        self,
        private_key_file: Path,
        county_id: str,
        clock: MachineClock,
        setting: str = "SPRINGRAIN_TOKEN_KEY_FILE",
    ) -> None:
        self._key = _private(private_key_file, setting)
        self._kid = self._key.thumbprint()
        self._county, self._clock = county_id, clock

    def make(self, principal: Principal, services: Sequence[str], lifetime: int = LIFETIME) -> str:
        """A token for these services, good for `lifetime` seconds of machine time."""
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": _issuer(self._county),
            "aud": [_audience(self._county, service) for service in services],
            "sub": principal.account,
            "role": principal.role.value,
            "branch": principal.branch,
            "rights": principal.rights,
            "person": principal.person,
            "sid": principal.session,
            "iat": now,
            "exp": now + lifetime,
        }
        return jwt.encode({"alg": ALGORITHM, "kid": self._kid}, claims, self._key, algorithms=[ALGORITHM])


class TokenReader:
    """Reads tokens for one service. Several public keys may be known, while registry changes its own. Thread-safe."""

    def __init__(
        self,
        public_key_files: Iterable[Path],
        county_id: str,
        service: str,
        rights: Rights,
        clock: MachineClock,
        setting: str = "SPRINGRAIN_TOKEN_PUBLIC_KEY_FILES",
    ) -> None:
        keys = [_public(path, setting) for path in public_key_files]
        if not keys:
            raise ConfigError(f"{setting} names no public key")
        self._keys = {key.thumbprint(): key for key in keys}
        self._issuer, self._audience = _issuer(county_id), _audience(county_id, service)
        self._rights, self._clock = rights, clock

    def read(self, text: str) -> Principal:
        """Who asks. Raises Unauthenticated for anything but a fresh token of ours with the rights of today."""
        return self._read(text, timedelta())

    def read_expired(self, text: str, within: timedelta = timedelta(hours=12)) -> Principal:
        """As `read`, also when the token expired up to `within` ago: for registry alone, which then looks whether the
        session still stands before it makes a fresh one."""
        return self._read(text, within)

    def _read(self, text: str, grace: timedelta) -> Principal:
        claims = self._claims(text)
        now = self._clock.now().timestamp()
        fresh = claims["iat"] <= now + _AHEAD and now < claims["exp"] + grace.total_seconds()
        if not fresh or claims["iss"] != self._issuer or self._audience not in claims["aud"]:
            raise Unauthenticated("this token is not, or no longer, for here")
        principal = _principal(claims)
        self._rights.refuse_older(principal.account, principal.rights)
        return principal

    def _claims(self, text: str) -> Mapping[str, Any]:
        if not text or len(text) > MOST or not text.isascii():
            raise Unauthenticated("no token")
        try:
            claims = jwt.decode(text, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Unauthenticated("no token of ours") from error
        if not all(isinstance(claims.get(name), kind) for name, kind in _KINDS.items()):
            raise Unauthenticated("no token of ours")
        return claims

    def _key(self, token: GuestProtocol) -> OKPKey:
        return self._keys[token.headers()["kid"]]


_KINDS: Mapping[str, type] = {
    "iss": str,
    "aud": list,
    "sub": str,
    "role": str,
    "branch": str,
    "rights": int,
    "person": str,
    "sid": str,
    "iat": int,
    "exp": int,
}


def _principal(claims: Mapping[str, Any]) -> Principal:
    try:
        role = Role(claims["role"])
    except ValueError as error:
        raise Unauthenticated("a role nobody knows") from error
    return Principal(claims["sub"], role, claims["branch"], claims["rights"], claims["person"], claims["sid"])


def _issuer(county: str) -> str:
    return f"/springrain/{county}/registry"


def _audience(county: str, service: str) -> str:
    return f"/springrain/{county}/{service}"


def _private(path: Path, setting: str) -> OKPKey:
    try:
        key = serialization.load_pem_private_key(read_secret(path, setting), None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{setting} names a file without a private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{setting} must hold an Ed25519 key")
    return OKPKey.import_key(_pem(key))


def _public(path: Path, setting: str) -> OKPKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{setting} names a file without a public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{setting} must hold an Ed25519 key")
    return OKPKey.import_key(_public_pem(key))


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

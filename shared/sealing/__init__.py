"""Sealing what speaks of a person (docs/design.md, section 6): the sealed value, the key store, and both put together."""

from shared.sealing.cache import ERASED, LOST, Answer, Erasure, State
from shared.sealing.errors import Erased, KeyLost, SealBroken, UnreadableSuite
from shared.sealing.format import DataKey
from shared.sealing.keys import Keys
from shared.sealing.lookup import lookup_hash
from shared.sealing.master import FileMaster, Master, create_master, read_key
from shared.sealing.own_secret import own_secret
from shared.sealing.sealer import Sealed, Sealer

__all__ = [
    "ERASED",
    "LOST",
    "Answer",
    "DataKey",
    "Erased",
    "Erasure",
    "FileMaster",
    "KeyLost",
    "Keys",
    "Master",
    "SealBroken",
    "Sealed",
    "Sealer",
    "State",
    "UnreadableSuite",
    "create_master",
    "lookup_hash",
    "own_secret",
    "read_key",
]

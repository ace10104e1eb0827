"""Another catalogue for a while: what an older or a newer version of the code would know.

The whole process changes over, since there is one catalogue a process. Versions that run at once are processes of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast

from shared.events.catalogue import TELLERS, catalogue
from shared.events.schema import EventSchema


@contextmanager
def another_catalogue(teller: str, **classes: type[EventSchema] | None) -> Iterator[None]:
    """With these classes in the module of `teller`: a name of one that is there replaces it, and None takes it out."""
    table, ordinary = cast("dict[str, ModuleType]", TELLERS), TELLERS[teller]
    changed = ModuleType(ordinary.__name__)
    vars(changed).update({**vars(ordinary), **classes})
    table[teller] = changed
    catalogue.cache_clear()
    try:
        yield
    finally:
        table[teller] = ordinary
        catalogue.cache_clear()

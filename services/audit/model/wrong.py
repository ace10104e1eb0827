"""What can be wrong with a log, told so that a program can name it.

Not in `shared/errors.py`, because the offline verifier carries this package alone, without `shared`.
"""


class Wrong(ValueError):
    """A note, checkpoint, tile, proof or entry does not hold. `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail

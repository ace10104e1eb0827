"""QR codes of proofs: drawn for a page or a file, and read back from a picture.

Reading needs two libraries that a server has no use for (`pip install zxing-cpp pillow`); they are asked for when a picture
comes. Decides nothing about what it reads: that is the verifier's.
"""

import io
from pathlib import Path

import segno

from shared.errors import ConfigError, Refused

GREATEST_PICTURE = 40 * 1024 * 1024
_DOT, _QUIET = 4, 4


def png_of(text: str) -> bytes:
    """A picture to print or to send: 4 pixels a dot, with the quiet edge the standard asks for."""
    drawn = io.BytesIO()
    _code(text).save(drawn, kind="png", scale=_DOT, border=_QUIET)
    return drawn.getvalue()


def svg_of(text: str) -> str:
    """An `svg` element for a page, sharp at every size."""
    drawn: str = _code(text).svg_inline(border=_QUIET, omitsize=True, svgclass="qr", lineclass=None)
    return drawn


def text_of_picture(path: Path) -> str:
    """The text of the one QR code in a picture or photograph. Raises Refused, or ConfigError when it has no reader."""
    try:
        import zxingcpp
        from PIL import Image
    except ImportError as error:
        raise ConfigError("reading a picture needs two more packages: pip install zxing-cpp pillow") from error
    if path.stat().st_size > GREATEST_PICTURE:
        raise Refused("the picture is larger than 40 MiB")
    try:
        with Image.open(path) as picture:
            found = zxingcpp.read_barcodes(
                picture.convert("L"), formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
            )
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Refused("this is no picture that can be read") from error
    if len(found) != 1:
        raise Refused(f"{len(found)} QR codes in the picture, not one")
    return str(found[0].text)


def _code(text: str) -> segno.QRCode:
    """A good deal of a code (15 %, level M) may be covered or creased and it is still read."""
    return segno.make_qr(text, error="m", boost_error=False)

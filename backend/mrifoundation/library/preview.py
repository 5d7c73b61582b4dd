"""The picture that a library keeps of a case: its thumbnail, unless that may show who the patient is."""

import io
from collections.abc import Collection
from functools import lru_cache

from PIL import Image, ImageDraw

from mrifoundation.library.thumbnail import SIDE, thumbnail
from mrifoundation.switch import is_on
from mrifoundation.volume import Scan
from mrifoundation.volume.burnt_in import NOTES

WITHHELD = (
    "{} series have, or may have, text burnt into their images or show who the patient is: they are flagged, and the library keeps no "
    "picture of them (MRIFOUNDATION_BURNT_IN_PREVIEWS=on changes that for what is added then)."
)


def preview(scan: Scan, flags: Collection[str]) -> bytes:
    """PNG of 3·SIDE × SIDE pixels."""
    return _nothing() if is_withheld(flags) else thumbnail(scan)


def is_withheld(flags: Collection[str]) -> bool:
    """Whether a case with these flags gets no picture: the pixels may name the patient and $MRIFOUNDATION_BURNT_IN_PREVIEWS is not on."""
    return not is_on("MRIFOUNDATION_BURNT_IN_PREVIEWS") and not NOTES.keys().isdisjoint(flags)


@lru_cache(maxsize=1)
def _nothing() -> bytes:
    picture = Image.new("L", (3 * SIDE, SIDE), 40)
    ImageDraw.Draw(picture).text((1.5 * SIDE, SIDE / 2), "No preview: text may be burnt in", fill=200, anchor="mm")
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()

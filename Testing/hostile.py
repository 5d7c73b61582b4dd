"""What the tests of files made to harm have in common: headers, and the sentence of a refusal."""

from collections.abc import Callable

import pytest

from mrifoundation.errors import InputError
from mrifoundation.volume import read_scan

NRRD = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nencoding: {encoding}\nendian: little\n{more}\n"
META = "ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementType = MET_SHORT\n{more}\nElementDataFile = {data}\n"


def refused(read: Callable[[], object]) -> str:
    """The one sentence with which it ends."""
    with pytest.raises(InputError) as caught:
        read()
    message = str(caught.value)
    assert "\n" not in message and message.endswith((".", "?"))
    return message


def refusal(path) -> str:
    message = refused(lambda: read_scan(path))
    assert len(message) < 400
    return message

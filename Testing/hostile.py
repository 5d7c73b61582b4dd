"""What the tests of files made to harm have in common: headers, and the sentence of a refusal."""

import pytest

from mrifoundation.errors import InputError
from mrifoundation.volume import read_scan

NRRD = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nencoding: {encoding}\nendian: little\n{more}\n"
META = "ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementType = MET_SHORT\n{more}\nElementDataFile = {data}\n"


def refusal(path) -> str:
    with pytest.raises(InputError) as caught:
        read_scan(path)
    message = str(caught.value)
    assert "\n" not in message and message.endswith((".", "?")) and len(message) < 400
    return message

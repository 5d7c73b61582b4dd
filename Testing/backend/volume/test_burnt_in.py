"""Series whose attributes say, or do not deny, that their pixels name the patient are read with a note."""

import zipfile

import numpy as np
import pytest
from mr_series import write_planes
from pydicom.uid import (
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from mrifoundation.server.transfer import scan_from_file
from mrifoundation.volume import read_scan
from mrifoundation.volume.burnt_in import NOTES, PERHAPS, RECOGNISABLE, TEXT

CAPTURE = {"SOPClassUID": SecondaryCaptureImageStorage}


def series(folder, **attributes):
    """A folder with a series of six images."""
    random = np.random.default_rng(1)
    write_planes(folder, [random.integers(0, 900, (12, 10)) for _ in range(6)], **attributes)
    return folder


def flags(folder):
    notes = read_scan(folder).notes
    return [flag for flag, note in NOTES.items() if note in notes]


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({}, []),
        ({"BurnedInAnnotation": "NO"}, []),
        ({"ImageType": ["DERIVED", "PRIMARY", "M"]}, []),
        ({"BurnedInAnnotation": "YES"}, [TEXT]),
        ({"BurnedInAnnotation": "YES", "RecognizableVisualFeatures": "YES"}, [TEXT, RECOGNISABLE]),
        ({"RecognizableVisualFeatures": "YES"}, [RECOGNISABLE]),
        (CAPTURE, [PERHAPS]),
        ({"SOPClassUID": MultiFrameGrayscaleWordSecondaryCaptureImageStorage}, [PERHAPS]),
        (CAPTURE | {"BurnedInAnnotation": "NO"}, []),
        (CAPTURE | {"BurnedInAnnotation": "YES"}, [TEXT]),
        ({"ConversionType": "WSD"}, [PERHAPS]),
        ({"ImageType": ["DERIVED", "SECONDARY", "MPR"]}, [PERHAPS]),
        ({"ImageType": ["DERIVED", "PRIMARY", "SCREEN SAVE"]}, [PERHAPS]),
        ({"ImageType": ["DERIVED", "SECONDARY"], "BurnedInAnnotation": "NO"}, []),
    ],
)
def test_attributes_tell(tmp_path, attributes, found):
    assert flags(series(tmp_path / "series", **attributes)) == found


def test_one_image_of_a_series_is_enough(tmp_path):
    told = {number: "YES" if number == 4 else "NO" for number in range(6)}
    assert flags(series(tmp_path / "series", BurnedInAnnotation=told)) == [TEXT]


def test_an_upload_is_answered_with_the_note(tmp_path):
    with zipfile.ZipFile(tmp_path / "upload.zip", "w") as archive:
        for path in series(tmp_path / "series", BurnedInAnnotation="YES").iterdir():
            archive.write(path, path.name)
    assert NOTES[TEXT] in scan_from_file(tmp_path / "upload.zip", "mine").notes

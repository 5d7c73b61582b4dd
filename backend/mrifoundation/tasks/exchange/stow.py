"""Sending DICOM files to a picture archive over DICOMweb (STOW-RS, PS3.18)."""

import io

import pydicom

from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicomweb import client_of, service_of, told_in_words


def send(content: bytes, url: str, key: str = "") -> str:
    """Store one DICOM file at a service (http://host/dicom-web); gives its SOP instance UID.

    Who one is: the bearer token `key`, else what .netrc has for that host, else `MRIFOUNDATION_DICOMWEB_TOKEN`. Raises InputError when the
    archive may not be spoken to (`dicomweb_hosts`), cannot be reached or refuses it.
    """
    dataset = pydicom.dcmread(io.BytesIO(content))
    root = service_of(url)
    with told_in_words(root):
        answer = client_of(root, key).store_instances([dataset])
    if answer.get("FailedSOPSequence"):
        code = answer.FailedSOPSequence[0].get("FailureReason")
        raise InputError(f"The archive at {root} refused the file (reason {code}); ask who runs it what it accepts.")
    return str(dataset.SOPInstanceUID)

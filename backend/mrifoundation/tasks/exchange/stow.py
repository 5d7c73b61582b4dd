"""Sending DICOM files to a picture archive over DICOMweb (STOW-RS, PS3.18)."""

import io
import os
from urllib.parse import urlsplit

import pydicom

from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicomweb import client_of, service_of, told_in_words


def send(content: bytes, url: str, key: str = "") -> str:
    """Store one DICOM file at a service (http://host/dicom-web); gives its SOP instance UID.

    Who one is: the bearer token `key`, else what .netrc has for that host, else `MRIFOUNDATION_DICOMWEB_TOKEN`, which goes to no other
    hosts than `MRIFOUNDATION_DICOMWEB_HOSTS` names (parted by commas): whoever asks says where to. Raises InputError when the service
    cannot be reached or refuses it.
    """
    dataset = pydicom.dcmread(io.BytesIO(content))
    root = service_of(url)
    with told_in_words(root):
        answer = client_of(root, key, trusted=_is_named(root)).store_instances([dataset])
    if answer.get("FailedSOPSequence"):
        code = answer.FailedSOPSequence[0].get("FailureReason")
        raise InputError(f"The archive at {root} refused the file (reason {code}); ask who runs it what it accepts.")
    return str(dataset.SOPInstanceUID)


def _is_named(root: str) -> bool:
    named = os.environ.get("MRIFOUNDATION_DICOMWEB_HOSTS", "").split(",")
    return urlsplit(root).hostname in {host.strip().lower() for host in named if host.strip()}

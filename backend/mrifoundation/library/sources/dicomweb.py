"""A picture archive over DICOMweb (PS3.18): QIDO-RS lists its series, WADO-RS fetches them.

Who one is: `MRIFOUNDATION_DICOMWEB_TOKEN` (bearer) or the user's .netrc; an address never carries a password, since it is stored
with the case. A service speaks only to archives that are listed (`dicomweb_hosts`).
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import Dataset

from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicom_facts import header_facts, identifiers, patient_of, person_of, why_skipped
from mrifoundation.library.sources.dicom_tree import read_files, series_name
from mrifoundation.library.sources.dicomweb_hosts import ListedSession, check_listed, token_for
from mrifoundation.library.sources.item import Found, Item
from mrifoundation.library.sources.looking import Looking
from mrifoundation.volume import Scan
from mrifoundation.volume.budget import ENTRY_BUDGET, UNPACKED_BUDGET
from mrifoundation.volume.dicom_headers import safe_description

PAGE = 200  # series asked for at a time
MOST_IN_A_ROW = 10  # series that an archive may fail on before it is taken to be down
FIRST_WAIT_MS = 100  # doubled before each of four more tries: someone hears in three seconds, not in thirty, that an archive is not there
_ADDRESS = re.compile(r"(?P<root>https?://.+?)(?:/studies/(?P<study>[0-9.]+)(?:/series/(?P<series>[0-9.]+))?)?/?")


def find_dicomweb(url: str, looking: Looking) -> Found:
    """Every image series of a service (http://host/dicom-web), or of one study (…/studies/UID) or series (…/series/UID) of it. A series
    that the service cannot tell of is listed as bad.

    Raises InputError when the service cannot be reached, does not answer as DICOMweb, or fails on MOST_IN_A_ROW series in a row.
    """
    root, study, series = _parts(url)
    client, found, failed = client_of(root), Found(), 0
    with told_in_words(root):
        for number, one in enumerate(_series(client, study, series), 1):
            looking.at(number, "series")
            try:
                _take_up(client, root, one, found)
                failed = 0
            except InputError as error:
                failed += 1
                if failed >= MOST_IN_A_ROW:  # the archive itself is down, and each series would take seconds to say so
                    raise
                place = f"{root}/studies/{one.get('StudyInstanceUID')}/series/{one.get('SeriesInstanceUID')}"
                found.bad.append((place, str(error)))
    return found


def _take_up(client: DICOMwebClient, root: str, one: Dataset, found: Found) -> None:
    """Add one series of a list to what was found. Raises InputError where the service fails on it."""
    with told_in_words(root):
        try:
            study, series = str(one.StudyInstanceUID), str(one.SeriesInstanceUID)
            header = _first_header(client, study, series)
            reason = "series without images" if header is None or not header.get("Rows") else why_skipped(header)
            if reason:
                found.skipped[reason] += 1
            else:
                images = str(one.get("NumberOfSeriesRelatedInstances", ""))
                found.items.append(_item(root, study, series, images, header))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError("What the archive tells of it is no DICOM; check the series there.") from error


def read_dicomweb_series(url: str) -> Scan:
    """The scan at …/studies/UID/series/UID. Raises InputError when it is not there or cannot be read."""
    root, study, series = _parts(url)
    if series is None:
        raise InputError(f"'{url}' names no single series; give …/studies/UID/series/UID.")
    with tempfile.TemporaryDirectory(prefix="mrifoundation-") as folder, told_in_words(root):
        files = []
        size = 0
        for number, instance in enumerate(client_of(root).iter_series(study, series)):
            files.append(Path(folder) / f"{number:06}.dcm")
            instance.save_as(files[-1])
            size += files[-1].stat().st_size
            if size > UNPACKED_BUDGET or number >= ENTRY_BUDGET:
                raise InputError(f"The series '{url}' is larger than one series may be; choose another.")
        if not files:
            raise InputError(f"The series '{url}' is empty; choose another.")
        return read_files(files)


def _item(root: str, study: str, series: str, images: str, header: Dataset) -> Item:
    source = f"{root}/studies/{study}/series/{series}"
    return Item(
        source=source,
        series=series,
        read=lambda: read_dicomweb_series(source),
        stamp=f"{source}/{images}",
        name=series_name(header),
        facts=header_facts(header),
        patient=patient_of(header),
        person=person_of(header),
        caption=safe_description(header),
        identifiers=identifiers(header),
    )


def _series(client: DICOMwebClient, study: str | None, series: str | None) -> Iterator[Dataset]:
    wanted = {"SeriesInstanceUID": series} if series else {}
    offset = 0
    while True:
        page = client.search_for_series(
            study,
            search_filters=wanted,
            limit=PAGE,
            offset=offset,
            fields=["StudyInstanceUID", "NumberOfSeriesRelatedInstances"],
        )
        for one in map(Dataset.from_json, page):
            if study and "StudyInstanceUID" not in one:
                one.StudyInstanceUID = study
            yield one
        if len(page) < PAGE:
            return
        offset += len(page)


def _first_header(client: DICOMwebClient, study: str, series: str) -> Dataset | None:
    instances = client.search_for_instances(study, series, limit=1)
    if not instances:
        return None
    uid = str(Dataset.from_json(instances[0]).SOPInstanceUID)
    metadata = client.retrieve_instance_metadata(study, series, uid)
    # Bulk data (pixels) are only named in metadata; nothing of them is needed here.
    return Dataset.from_json({tag: value for tag, value in metadata.items() if "BulkDataURI" not in value})


def _parts(url: str) -> tuple[str, str | None, str | None]:
    match = _ADDRESS.fullmatch(url)
    if match is None or not urlsplit(url).hostname:
        raise InputError(f"'{url}' is no DICOMweb address; give for example https://host/dicom-web.")
    if "@" in urlsplit(url).netloc:
        raise InputError(
            "A DICOMweb address must not carry a password; put it into .netrc or MRIFOUNDATION_DICOMWEB_TOKEN."
        )
    return match["root"].rstrip("/"), match["study"], match["series"]


def service_of(url: str) -> str:
    """The service's own address in that of a service, study or series. Raises InputError when it is none, or carries a password."""
    return _parts(url)[0]


def client_of(root: str, key: str = "") -> DICOMwebClient:
    """A client that says who one is; `key`: a bearer token in place of the one in the environment. Raises InputError when this archive may
    not be spoken to."""
    check_listed(root)
    session = ListedSession()
    if token := key or token_for(root):
        session.headers["Authorization"] = f"Bearer {token}"
    client = DICOMwebClient(url=root, session=session)
    client.set_http_retry_params(wait_exponential_multiplier=FIRST_WAIT_MS)
    return client


@contextmanager
def told_in_words(root: str) -> Iterator[None]:
    """What goes wrong with a service becomes an InputError."""
    try:
        yield
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "an error"
        remedy = (
            "check key, user and password" if status in (401, 403) else "check the address and that its DICOMweb is on"
        )
        raise InputError(f"The DICOMweb service at {root} answered {status}; {remedy}.") from error
    except requests.RequestException as error:
        raise InputError(
            f"The DICOMweb service at {root} cannot be reached ({type(error).__name__}); check address and network."
        ) from error

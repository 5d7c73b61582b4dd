"""A real picture archive: Orthanc with its DICOMweb plug-in, on a free loopback port."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@contextmanager
def running_orthanc(folder: Path) -> Iterator[str]:
    """The address of an empty archive that lives in `folder`; the test is skipped where Orthanc is not installed."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")
    if program is None or not PLUGIN.is_file():
        pytest.skip("needs the Debian packages orthanc and orthanc-dicomweb")
    port = free_port()
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": port,
        "DicomPort": free_port(),
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "StudiesMetadata": "Full", "SeriesMetadata": "Full"},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    log = open(folder / "log", "wb")  # noqa: SIM115 (closed with the process)
    process = subprocess.Popen([program, folder / "orthanc.json"], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        started = time.monotonic()
        while not _answers(url):
            assert process.poll() is None and time.monotonic() - started < 120, (folder / "log").read_text()[-2000:]
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/system", timeout=2).ok
    except requests.RequestException:
        return False

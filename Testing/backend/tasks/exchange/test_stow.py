"""Sending to a real Orthanc by STOW-RS."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pydicom
import pytest
import requests
from mr_series import write_series
from orthanc import free_port, running_orthanc

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange import export_segments, import_segments, read_source
from mrifoundation.tasks.exchange.stow import send


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as url:
        yield url


@pytest.mark.parametrize("kind", ["dicom-seg", "rtstruct"])
def test_an_archive_stores_what_is_sent_and_gives_it_back(kind, archive, segments, tmp_path):
    source = read_source(write_series(tmp_path / "series", "oblique"))
    made = export_segments(kind, segments, source.grid, source)
    uid = send(made.content, f"{archive}/dicom-web")
    query = {"Level": "Instance", "Query": {"SOPInstanceUID": uid}}
    (stored,) = requests.post(f"{archive}/tools/find", json=query, timeout=30).json()
    file = tmp_path / "back.dcm"
    file.write_bytes(requests.get(f"{archive}/instances/{stored}/file", timeout=30).content)
    assert pydicom.dcmread(file).PatientID == "4711-88"
    found = import_segments(file, source.grid)
    assert [one.mask.sum() for one in found.segments] == [one.mask.sum() for one in segments]


def test_an_archive_that_does_not_take_it_is_said_to(archive, segments, tmp_path):
    source = read_source(write_series(tmp_path / "series"))
    made = export_segments("rtstruct", segments, source.grid, source)
    with pytest.raises(InputError, match="cannot be reached"):
        send(made.content, f"http://127.0.0.1:{free_port()}/dicom-web")
    with pytest.raises(InputError, match="no DICOMweb address"):
        send(made.content, "orthanc")
    with pytest.raises(InputError, match="answered 404"):
        send(made.content, f"{archive}/elsewhere")


def test_the_services_own_token_goes_to_no_host_that_it_was_not_meant_for(segments, tmp_path, monkeypatch):
    heard = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(self.headers.get("Authorization"))
            self.send_error(403)

        def log_message(self, *_):
            pass

    source = read_source(write_series(tmp_path / "series"))
    made = export_segments("rtstruct", segments, source.grid, source)
    monkeypatch.setenv("MRIFOUNDATION_DICOMWEB_TOKEN", "of-the-hospital")
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/dicom-web"
        for hosts, key in (("", ""), ("archive.example", ""), ("", "own"), ("archive.example, 127.0.0.1", "")):
            monkeypatch.setenv("MRIFOUNDATION_DICOMWEB_HOSTS", hosts)
            with pytest.raises(InputError):
                send(made.content, address, key)
        server.shutdown()
    assert heard == [None, "Bearer own", "Bearer of-the-hospital"]  # the second was not even asked

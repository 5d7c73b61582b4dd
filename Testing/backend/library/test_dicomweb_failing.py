"""A picture archive that fails on some of its series: the others are still listed."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mrifoundation.errors import Cancelled, InputError
from mrifoundation.library.sources import Looking, dicomweb, find_items

IMAGE = {
    "0020000D": {"vr": "UI", "Value": ["1.2"]},
    "00080018": {"vr": "UI", "Value": ["1.2.3.4"]},
    "00080060": {"vr": "CS", "Value": ["MR"]},
    "00280010": {"vr": "US", "Value": [8]},
}


@pytest.fixture
def archive_failing_on():
    """archive_failing_on(*numbers): the address of one with five series, 1.2.0 to 1.2.4, which answers 500 for those of these numbers and
    tells of 1.2.4 what is no DICOM."""
    servers = []

    def start(*numbers):
        class Archive(BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.split("?")[0].removesuffix("/metadata")
                failing = any(f"/series/1.2.{number}/" in path for number in numbers)
                answer = [IMAGE | {"0020000E": {"vr": "UI", "Value": [f"1.2.{n}"]}} for n in range(5)]
                if "/instances" in path:
                    answer = [IMAGE] if "/series/1.2.4/" not in path else [{"odd": 1}]
                self.send_response(500 if failing else 200)
                self.send_header("Content-Type", "application/dicom+json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Archive))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/dicom-web"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(dicomweb, "FIRST_WAIT_MS", 1)


def test_a_series_that_an_archive_fails_on_is_bad_and_the_others_are_found(archive_failing_on):
    url = archive_failing_on(1)
    found = find_items([url])
    assert [item.series for item in found.items] == ["1.2.0", "1.2.2", "1.2.3"]
    reasons = dict(found.bad)
    assert list(reasons) == [f"{url}/studies/1.2/series/1.2.1", f"{url}/studies/1.2/series/1.2.4"]
    assert "answered 500" in reasons[f"{url}/studies/1.2/series/1.2.1"]
    assert "no DICOM" in reasons[f"{url}/studies/1.2/series/1.2.4"]


def test_an_archive_that_fails_on_one_after_the_other_is_down(archive_failing_on, monkeypatch):
    monkeypatch.setattr(dicomweb, "MOST_IN_A_ROW", 3)
    with pytest.raises(InputError, match="answered 500"):
        find_items([archive_failing_on(0, 1, 2)])


def test_listing_an_archive_is_cancelled_between_two_series(archive_failing_on):
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        find_items([archive_failing_on()], looking=Looking(cancel=lambda: next(asked)))

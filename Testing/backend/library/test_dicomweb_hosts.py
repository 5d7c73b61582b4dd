"""Which archives a service speaks to, and which of them hear its token."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mrifoundation.errors import InputError
from mrifoundation.library.sources import find_items, read_back
from mrifoundation.library.sources.dicomweb_hosts import HOSTS, TOKEN, check_listed, speak_only_to_listed, token_for

HERE = ["http://127.0.0.1:8042/dicom-web", "http://localhost/dicom-web", "http://[::1]/dicom-web", "http://127.8.8.8"]
AWAY = ["https://archive.example/dicom-web", "http://169.254.169.254/latest", "http://10.0.0.1", "http://2130706433"]


@pytest.fixture
def served(monkeypatch):
    """A process that serves, with nothing listed."""
    monkeypatch.setenv(HOSTS, "")
    monkeypatch.setenv(TOKEN, "of-the-hospital")


@pytest.mark.parametrize("url", [*HERE, *AWAY])
def test_a_person_at_the_command_line_may_name_any_archive_and_say_who_one_is(url, monkeypatch):
    monkeypatch.delenv(HOSTS, raising=False)
    monkeypatch.setenv(TOKEN, "own")
    check_listed(url)
    assert token_for(url) == "own"


@pytest.mark.parametrize("url", HERE)
def test_with_nothing_listed_a_service_speaks_to_this_computer_and_does_not_say_who_it_is(url, served):
    check_listed(url)
    assert token_for(url) == ""


@pytest.mark.parametrize("url", [*AWAY, "http://127.0.0.1.evil.example", "http://localhost.evil.example"])
def test_with_nothing_listed_a_service_speaks_to_nobody_else(url, served):
    with pytest.raises(InputError, match="can add it to MRIFOUNDATION_DICOMWEB_HOSTS"):
        check_listed(url)
    for ask in (lambda: find_items([url]), lambda: read_back(f"{url}/studies/1/series/2", None)):
        with pytest.raises(InputError, match="may speak to"):
            ask()


def test_what_is_listed_is_spoken_to_and_nothing_else(served, monkeypatch):
    monkeypatch.setenv(HOSTS, " Archive.Example, [fd00::1] ")
    for url in ("https://archive.example/dicom-web", "https://ARCHIVE.example:8443", "http://[fd00::1]/dicom-web"):
        check_listed(url)
        assert token_for(url) == "of-the-hospital"
    for url in (*HERE, "https://other.example"):
        with pytest.raises(InputError):
            check_listed(url)


def test_a_process_that_serves_keeps_a_list_even_where_nobody_set_one(monkeypatch):
    monkeypatch.delenv(HOSTS, raising=False)
    monkeypatch.setenv(HOSTS, "x")
    monkeypatch.delenv(HOSTS)
    speak_only_to_listed()
    assert os.environ[HOSTS] == ""
    with pytest.raises(InputError):
        check_listed("https://archive.example")


def test_an_archive_sends_nobody_on_to_where_it_may_not_speak(served, monkeypatch):
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(InputError, match=r"'169\.254\.169\.254' is none"):
            find_items([f"http://127.0.0.1:{server.server_port}/dicom-web"])
        server.shutdown()

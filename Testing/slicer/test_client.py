"""The client against a real backend, and against what else may answer at an address."""

import http.server
import json
import socket
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from backend_process import free_port
from MRIFoundationLib import Greeting
from MRIFoundationLib.Asking import Scan, finish, send
from MRIFoundationLib.Client import Client
from MRIFoundationLib.Failures import BackendError, Cancelled, KeyRefused, NotABackend, NotHeld, Unreachable
from MRIFoundationLib.LocalPaths import read_key
from MRIFoundationLib.Segmenting import Question, ask


def never():
    return False


def silent(*_progress):
    pass


def segment(client, voxels, affine, prompts):
    """The answer for a scan that is sent first."""
    scan = Scan("head", affine, voxels=voxels.transpose(2, 1, 0))
    return ask(client, send(client, scan, silent, never), Question(prompts), silent, never)


@contextmanager
def answering(status: int, body: bytes, missing: int = 0, location: str = ""):
    """Something else that speaks HTTP at an address of its own. missing: bytes of the body that it breaks off before. location:
    where it sends on to."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) + missing))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def listening(greeting: bytes = b""):
    """A socket that takes connections and never answers, or says something that is not HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def accept():
            while True:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                held.append(connection)
                if greeting:
                    connection.sendall(greeting)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_the_backend_is_found_and_tells_what_it_can_do(backend):
    found = Greeting.greet(backend.url, lambda _url: read_key(), silent, never)
    assert found.url == backend.url and found.info["structures"] and "standard" in found.info["profiles"]


def test_the_key_file_of_this_computer_is_read(backend):
    assert len(read_key()) >= 16


def test_a_wrong_key_is_told(backend):
    with pytest.raises(KeyRefused, match="copy the content of its key file"):
        Client(backend.url, "not the key at all").info()


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("asking", [lambda client: client.job("1"), lambda client: client.labels("1")])
def test_an_answer_that_breaks_off_is_told(status, asking):
    with (
        answering(status, b'{"error": "', missing=133) as url,
        pytest.raises(BackendError, match="broke off: check in the backend's log"),
    ):
        asking(Client(url, "key"))


def test_a_wrong_port_is_corrected_where_the_backend_has_the_usual_one(backend, monkeypatch):
    monkeypatch.setattr(Greeting, "DEFAULT_PORT", backend.port)
    found = Greeting.find(f"127.0.0.1:{free_port()}")
    assert found.url == backend.url and f"found on port {backend.port}" in found.note


def test_a_scan_is_segmented_on_its_own_grid(client, head_voxels, oblique_affine):
    answer = segment(client, head_voxels, oblique_affine, ["both kidneys, liver"])
    assert [row["name"] for row in answer.rows] == ["left kidney", "right kidney", "liver"]
    assert answer.labels.full_shape == head_voxels.shape
    assert np.allclose(answer.labels.affine, oblique_affine, atol=1e-4)
    assert np.array_equal(sorted(answer.present | {0}), np.unique(np.append(answer.labels.voxels, 0)))


def test_the_same_scan_gets_the_same_id_whatever_its_number_type(client, head_voxels, oblique_affine):
    ids = {
        client.upload(head_voxels.astype(kind), oblique_affine, "head", silent, never)
        for kind in (np.int16, np.int32, np.float32, np.float64, ">i2")
    }
    assert len(ids) == 1


def test_a_packed_upload_is_understood(client, head_voxels, oblique_affine, monkeypatch):
    plain = client.upload(head_voxels, oblique_affine, "head", silent, never)
    monkeypatch.setattr("MRIFoundationLib.Client.is_loopback", lambda _url: False)
    assert client.upload(head_voxels, oblique_affine, "head", silent, never) == plain


def test_an_unknown_structure_is_refused_with_the_nearest_names(client, head_voxels, oblique_affine):
    with pytest.raises(BackendError, match=r"'lefft kidnoy'|not known"):
        segment(client, head_voxels, oblique_affine, ["flux capacitor"])


def test_a_scan_the_backend_does_not_hold_is_told_as_such(client):
    with pytest.raises(NotHeld):
        client.segment("0" * 64, ["liver"], None, "standard", False)


def test_an_upload_can_be_cancelled(client, head_voxels, oblique_affine):
    with pytest.raises(Cancelled):
        client.upload(head_voxels, oblique_affine, "head", silent, lambda: True)


def test_colour_volumes_are_refused_before_they_are_sent(client):
    with pytest.raises(BackendError, match="scalar volume"):
        client.upload(np.zeros((4, 4, 4, 3), np.uint8), np.eye(4), "rgb", silent, never)


def test_a_job_outlives_a_backend_that_is_silent_for_a_while(backend, head_voxels, oblique_affine):
    impatient = Client(backend.url, read_key(), timeout=0.5)
    volume = Client(backend.url, read_key()).upload(head_voxels, oblique_affine, "head", silent, never)
    job = impatient.segment(volume, ["liver"], None, "fast", False)
    threading.Timer(3.0, backend.thaw).start()
    backend.freeze()
    heard = []
    assert finish(impatient, job, lambda *step: heard.append(step[2]), never)["structures"][0]["name"] == "liver"
    assert "The backend is slow to answer." in heard


def test_nothing_at_the_address_is_told_with_the_remedy():
    with pytest.raises(Unreachable, match=r"Nothing answers .* start the backend there, or correct the port"):
        Client(f"127.0.0.1:{free_port()}").health()


def test_an_unknown_name_is_told():
    with pytest.raises(Unreachable, match=r"No computer named 'no-such-host.invalid'"):
        Client("no-such-host.invalid").health()


def test_a_backend_that_hangs_is_told():
    with listening() as url, pytest.raises(Unreachable, match="took the request but never answered"):
        Client(url, timeout=0.3).health()


def test_something_that_speaks_no_http_is_told():
    with listening(b"SSH-2.0-OpenSSH_9.9\r\n") as url, pytest.raises(NotABackend, match="does not speak HTTP"):
        Client(url).health()


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (200, b"[]"), (404, b"no"), (200, b'{"status": "ok"}'), (302, b"")]
)
def test_another_web_server_is_told(status, body):
    with answering(status, body) as url, pytest.raises(NotABackend, match="no MRIFoundation backend"):
        Client(url).health()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (502, "reaches no backend behind it .*start the backend there"),
        (503, "has no backend to offer at the moment .*wait a minute"),
        (504, "waited in vain for the backend behind it .*try again later or restart it"),
    ],
)
def test_a_web_server_before_a_backend_that_is_not_there_is_told(status, words):
    with answering(status, b"<html>nginx</html>") as url:
        for asking in (lambda client: client.health(), lambda client: client.job("1")):
            with pytest.raises(Unreachable, match=f"web server at {url} {words}"):
                asking(Client(url))


def test_what_the_backend_itself_says_with_503_is_kept():
    loading = b'{"error": "The model is still loading."}'
    with answering(503, loading) as url, pytest.raises(BackendError, match=r"^The model is still loading\.$"):
        Client(url).job("1")


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://gpu.example/v1/health", r"sends on to https: enter https://gpu\.example\."),
        ("http://other.example/login", r"sends on to http://other\.example/login: enter that address if"),
    ],
)
def test_a_web_server_that_sends_on_is_told_with_where_to(location, words):
    with answering(301, b"", location=location) as url, pytest.raises(NotABackend, match=words):
        Greeting.find(url)


def test_a_key_that_may_not_do_this_is_told_in_the_words_of_the_backend():
    words = "The key 'anna' may only read, and this needs write; ask for a key with that role."
    with answering(403, json.dumps({"error": words}).encode()) as url, pytest.raises(KeyRefused) as told:
        Client(url, "the key of anna").job("1")
    assert str(told.value) == words


def test_https_where_only_http_is_spoken_is_told(backend):
    with pytest.raises(Unreachable, match="try http:// instead"):
        Client(backend.url.replace("http:", "https:")).health()


@pytest.mark.parametrize(
    ("api", "remedy"), [(0, "update the backend"), (2, "update MRIFoundation in the Extensions Manager")]
)
def test_another_version_of_the_protocol_is_told(api, remedy):
    body = json.dumps({"status": "ok", "message": "", "version": "9.9", "api": api}).encode()
    with answering(200, body) as url, pytest.raises(BackendError, match=remedy):
        Client(url).health()


def test_a_model_that_cannot_be_loaded_is_told():
    body = json.dumps(
        {"status": "failed", "message": "There are no weights; name some.", "version": "1", "api": 1}
    ).encode()
    with answering(200, body) as url, pytest.raises(BackendError, match="There are no weights"):
        Greeting.greet(url, lambda _url: "", silent, never)

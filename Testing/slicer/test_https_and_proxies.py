"""Another machine behind https or a proxy: a real server with a certificate of its own authority, and what goes wrong there."""

import datetime
import http.server
import ipaddress
import json
import ssl
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from backend_process import free_port
from MRIFoundationLib import Greeting
from MRIFoundationLib.Client import Client
from MRIFoundationLib.Failures import BackendError, NotABackend, Unreachable

pytest.importorskip("cryptography", reason="makes the certificates: pip install cryptography")

HEALTH = {"status": "ok", "message": "", "version": "0.1.0", "api": 1}


class Authority:
    """A certificate authority of its own; `file` is what a person would choose in the panel."""

    def __init__(self, folder: Path):
        from cryptography.hazmat.primitives.asymmetric import ec

        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = _name("authority of the tests")
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(_certificate(self._name, self._name, self._key, self._key, is_authority=True)))

    def server_files(self, names=("127.0.0.1",), days=1) -> tuple[Path, Path]:
        """Certificate and key of a server with these addresses, good from yesterday for as many days from now."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(_name("server"), self._name, key, self._key, names=names, days=days)
        paths = self._folder / "server.pem", self._folder / "server.key"
        paths[0].write_bytes(_pem(certificate))
        kind = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *kind))
        return paths


def _name(text):
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _certificate(subject, issuer, key, signer, names=(), days=1, is_authority=False):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=9))
    builder = builder.not_valid_after(now + datetime.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    if names:
        addresses = [x509.IPAddress(ipaddress.ip_address(name)) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(addresses), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _pem(certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.PEM)


@contextmanager
def https_in_front_of(certificate: Path, key: Path, backend_url: str = ""):
    """A TLS server, as a reverse proxy in a hospital is; it hands requests on to the backend, or answers health by itself."""
    import requests

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(HEALTH).encode()
            status = 200
            if backend_url:
                headers = {"Authorization": self.headers.get("Authorization", "")}
                answer = requests.get(backend_url + self.path, headers=headers, timeout=60)
                status, body = answer.status_code, answer.content
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass  # a client that refuses the certificate breaks off

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def test_a_real_backend_behind_https_is_reached_with_key_and_authority_from_the_panel(panel, backend, authority):
    from double.events import wait_until
    from MRIFoundationLib.LocalPaths import read_key

    ui = panel.backendPanel.ui
    with https_in_front_of(*authority.server_files(), backend_url=backend.url) as url:
        ui.otherMachineBox.checked = True
        ui.addressLine.text = url
        ui.keyLine.text = read_key()
        ui.testButton.click()
        wait_until(lambda: panel.connection.state == "failed", what="the refusal of an unknown authority")
        assert "choose its file under Certificate" in ui.statusLabel.text
        ui.authorityPath.currentPath = str(authority.file)
        ui.testButton.click()
        wait_until(lambda: panel.connection.state in ("connected", "failed"), what="the connection")
        assert panel.connection.connected, ui.statusLabel.text


def test_the_chosen_authority_is_heard_whatever_the_environment_says(authority, monkeypatch):
    import certifi

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    with https_in_front_of(*authority.server_files()) as url:
        assert Greeting.find(url, authority=str(authority.file)).health == HEALTH


def test_an_unknown_authority_is_told(authority):
    with https_in_front_of(*authority.server_files()) as url, pytest.raises(Unreachable, match="under Certificate"):
        Client(url).health()


def test_a_certificate_for_another_name_is_told(authority):
    files = authority.server_files(names=("127.0.0.9",))
    with https_in_front_of(*files) as url, pytest.raises(Unreachable, match="made out to another name"):
        Client(url, authority=str(authority.file)).health()


def test_a_certificate_that_has_run_out_is_told(authority):
    files = authority.server_files(days=-1)
    with https_in_front_of(*files) as url, pytest.raises(Unreachable, match="has run out"):
        Client(url, authority=str(authority.file)).health()


@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_a_certificate_file_that_cannot_be_read_is_told(authority, tmp_path, content):
    chosen = tmp_path / "chosen.pem"
    if content:
        chosen.write_text(content)
    with https_in_front_of(*authority.server_files()) as url, pytest.raises(BackendError, match="choose the PEM file"):
        Client(url, authority=str(chosen)).health()


def test_http_where_https_is_spoken_is_told_with_the_right_address(authority):
    with https_in_front_of(*authority.server_files()) as url, pytest.raises(NotABackend, match=f"enter {url}"):
        Greeting.find(url.replace("https:", "http:"))


def test_a_proxy_that_cannot_be_reached_is_told(monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(Unreachable, match=r"proxy .* add gpu.example to the variable NO_PROXY"):
        Client("gpu.example:8765").health()


def test_a_proxy_that_answers_in_place_of_the_backend_is_told(monkeypatch):
    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(503, "No such host behind this proxy")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(Unreachable, match="A proxy of this computer stands before gpu"):
            Client("gpu.example:8765").health()
        server.shutdown()


def test_no_proxy_stands_before_this_computer(backend, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "")
    assert Client(backend.url).health()["status"] == "ok"

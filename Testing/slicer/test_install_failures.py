"""Why an installation failed: real pips and Pythons that fail in each way, and what the person is told then."""

import datetime
import http.server
import os
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from backend_process import free_port

pytestmark = pytest.mark.usefixtures("slicer_app")


def cause(lines: list[str], code: int, wheels: Path | None = None) -> str:
    """What is said of a step that printed these lines."""
    from MRIFoundationLib import InstallFailures
    from MRIFoundationLib.FoundPython import FoundPython
    from MRIFoundationLib.Installation import Installation
    from MRIFoundationLib.TorchBuild import TorchBuild

    maker = FoundPython(Path("/usr/bin/python3"))
    plan = Installation(Path("/data/environment"), "/source", maker, TorchBuild("cpu"), wheels)
    return InstallFailures.cause(lines, code, plan)


def told(program: list[str], wheels: Path | None = None, **variables: str) -> str:
    """What is said of a program that fails with these variables of the environment."""
    own = ("pip_", "_proxy")  # those of this computer may offer other wheels, or another way to them
    clean = {name: value for name, value in os.environ.items() if not any(one in name.lower() for one in own)}
    environment = {**clean, "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "1", "PIP_NO_CACHE_DIR": "1", **variables}
    ended = subprocess.run(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert ended.returncode != 0, ended.stdout
    return cause(ended.stdout.splitlines(), ended.returncode, wheels)


def pip(*more: str) -> list[str]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-d", os.devnull, *more, "torch"]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@contextmanager
def a_proxy(status: int):
    """A proxy that answers each wish for a tunnel with this status."""

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            self.send_error(status)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_no_network_is_told():
    said = told(pip("--index-url", "https://no-such-host.invalid/simple"))
    assert "cannot be reached: check the network connection" in said and "Without a network" in said


def test_an_index_that_refuses_is_told():
    assert "broke off" in told(pip("--index-url", f"https://127.0.0.1:{free_port()}/simple"))


def test_a_proxy_that_wants_a_password_is_told():
    with a_proxy(407) as proxy:
        assert "HTTPS_PROXY to http://name:password@proxy:port" in told(pip(), HTTPS_PROXY=proxy)


def test_a_proxy_that_lets_nothing_through_is_told():
    with a_proxy(403) as proxy:
        assert "ask who runs it to let pypi.org" in told(pip(), HTTPS_PROXY=proxy)


def test_a_proxy_that_does_not_answer_is_told():
    said = told(pip(), HTTPS_PROXY=f"http://127.0.0.1:{free_port()}")
    assert "does not answer: correct the variable HTTPS_PROXY" in said


def test_a_certificate_of_an_unknown_authority_is_told(tmp_path):
    with an_index_of_its_own_authority(tmp_path) as url:
        assert "the variable PIP_CERT" in told(pip("--index-url", f"{url}/simple"))


@contextmanager
def an_index_of_its_own_authority(folder: Path):
    x509 = pytest.importorskip("cryptography.x509", reason="makes the certificate: pip install cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
    made = made.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    kind = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *kind)
    (folder / "both.pem").write_bytes(pem)

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # a client that refuses the certificate breaks off

    with Server(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "both.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_folder_that_lacks_a_wheel_is_told(tmp_path):
    said = told(pip("--no-index", "--find-links", str(tmp_path)), tmp_path)
    assert f"{tmp_path} has no torch for /usr/bin/python3" in said and "pip wheel" in said


def test_an_index_without_a_build_for_this_python_is_told(tmp_path):
    said = told(pip("--no-index", "--find-links", str(tmp_path)))
    assert "no torch for /usr/bin/python3" in said and "64-bit Python 3.12 from python.org" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_told():
    said = told(python("open('/dev/full', 'w', buffering=1).write('x\\n')"))
    assert said == "the disk of /data is full: make room"


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a program of Unix")
def test_a_python_that_cannot_bring_pip_into_an_environment_is_told(tmp_path):
    making = f"import sys, venv; sys._base_executable = '/bin/false'; venv.create({str(tmp_path / 'made')!r}, "
    assert "apt install python3-venv" in told(python(f"{making}with_pip=True, symlinks=True)"))


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    tmp_path.chmod(0o555)
    said = told(python(f"import os; os.geteuid() or os.setuid(65534); open({str(tmp_path / 'x')!r}, 'w')"))
    assert "make /data writable for you" in said


@pytest.mark.skipif(os.name == "nt", reason="nothing is killed like that there")
def test_a_pip_that_the_system_killed_is_told():
    ended = subprocess.run(["sh", "-c", "kill -9 $$"])
    assert "lack of memory" in cause([], -ended.returncode)


NO_PYTHON = [
    "error: Failed to install cpython-3.12.16-linux-x86_64-gnu",
    "  cause: Failed to download `https://github.com/astral-sh/python-build-standalone/releases/download/x.tar.gz`",
]


@pytest.mark.parametrize(
    "why",
    ["client error (Connect)", "dns error: Name or service not known", "HTTP status client error (403 Forbidden)"],
)
def test_a_python_that_cannot_be_fetched_is_told_with_who_is_to_be_let_through(why):
    said = cause([*NO_PYTHON, f"  cause: {why}"], 1)
    assert said.startswith("Python could not be fetched") and "let releases.astral.sh or github.com through" in said


def test_a_disk_that_is_full_before_python_is_there_is_told():
    assert "is full" in cause([*NO_PYTHON, "  cause: No space left on device (os error 28)"], 2)


def test_what_was_overcome_is_not_blamed():
    lines = ["WARNING: Retrying after connection broken by 'ReadTimeout'", "[Errno 28] No space left on device"]
    assert "is full" in cause(lines, 1)


def test_where_the_cause_is_not_known_the_last_line_is_told():
    assert cause(["Traceback", "ValueError: odd", ""], 1).startswith("the log ends with 'ValueError: odd'")


def test_causes_and_remedies_are_told_in_the_language_of_the_application(monkeypatch):
    from MRIFoundationLib import InstallFailures

    french = {"the disk of {environment} is full: make room": "le disque {environment} est plein : faites de la place"}
    monkeypatch.setattr(InstallFailures, "_", lambda text: french.get(text, text))
    assert cause(["[Errno 28] No space left on device"], 1) == "le disque /data est plein : faites de la place"

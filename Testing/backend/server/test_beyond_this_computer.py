"""Listening where other computers can ask: only with a key, and only where nobody can read along."""

import shutil
import subprocess
import sys

import pytest
import requests
from running_service import KEY

from mrifoundation.errors import InputError
from mrifoundation.server.serve import serve

ANYWHERE = "0.0.0.0"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 and its private key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate of this test and is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    paths = folder / "service.pem", folder / "service.key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subject = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    return paths


def test_a_key_alone_is_not_enough(monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_KEY", KEY)
    with pytest.raises(InputError, match=r"--certificate.*--behind-proxy"):
        serve(ANYWHERE, 0)


def test_a_certificate_alone_is_not_enough(certificate, monkeypatch):
    monkeypatch.delenv("MRIFOUNDATION_KEY", raising=False)
    with pytest.raises(InputError, match="MRIFOUNDATION_KEY"):
        serve(ANYWHERE, 0, certificate=certificate[0], certificate_key=certificate[1])


@pytest.mark.parametrize("pair", [(0, 0), (1, 1), (0, None)], ids=["no key in it", "no certificate in it", "no key"])
def test_files_that_are_no_pair_are_told_before_anything_starts(certificate, monkeypatch, pair):
    monkeypatch.setenv("MRIFOUNDATION_KEY", KEY)
    files = [None if index is None else certificate[index] for index in pair]
    with pytest.raises(InputError, match="cannot be used"):
        serve(ANYWHERE, 0, certificate=files[0], certificate_key=files[1])


@pytest.mark.skipif(sys.platform == "win32", reason="0.0.0.0 asks the firewall there")
def test_with_both_it_speaks_https_only(start, tmp_path, certificate):
    options = ["--host", ANYWHERE, "--certificate", str(certificate[0]), "--certificate-key", str(certificate[1])]
    service = start(tmp_path / "no-weights", tmp_path, options=options)
    port = service.url.rsplit(":", 1)[1]
    assert service.url.startswith("https://")
    health = requests.get(f"https://127.0.0.1:{port}/v1/health", verify=str(certificate[0]), timeout=20)
    assert health.status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/v1/health", timeout=20)


@pytest.mark.parametrize(("options", "refused"), [((), False), (("--behind-proxy",), True)])
def test_nobody_from_beyond_looks_through_the_home_of_who_runs_it(
    start, tiny_weights, tmp_path, monkeypatch, head_file, options, refused
):
    monkeypatch.delenv("MRIFOUNDATION_LIBRARY_ROOTS", raising=False)
    monkeypatch.setenv("HOME", str(head_file.parent))
    monkeypatch.setenv("MRIFOUNDATION_LIBRARY", str(tmp_path / "library"))
    service = start(tiny_weights, tmp_path, options=options)
    service.wait_until_ready()
    wanted = {"sources": [str(head_file)], "profile": "fast"}
    job = service.finished(service.post("/v1/library/collections/c/ingest", json=wanted).json()["job"])
    assert ("outside the folders" in (job["error"] or "")) == refused and (job["state"] == "failed") == refused


@pytest.mark.skipif(sys.platform == "win32", reason="0.0.0.0 asks the firewall there")
def test_behind_a_proxy_it_answers_to_the_public_name(start, tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_HOSTS", "mri.example.org, mri")
    service = start(tmp_path / "no-weights", tmp_path, options=["--host", ANYWHERE, "--behind-proxy"])
    url = service.url.replace(ANYWHERE, "127.0.0.1") + "/v1/health"
    assert requests.get(url, headers={"Host": "mri.example.org"}, timeout=20).status_code == 200
    assert requests.get(url, headers={"Host": "other.example.org"}, timeout=20).status_code == 421

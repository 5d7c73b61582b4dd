"""What happens when the service starts, stops and starts again."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest
import requests


@pytest.fixture
def key_file(tmp_path):
    return tmp_path / "keys" / "service.key"


def test_health_answers_at_once_while_the_model_loads_and_the_version_is_told(start_anew, tiny_weights, tmp_path):
    service = start_anew(tiny_weights, tmp_path)
    started = time.monotonic()
    health = requests.get(f"{service.url}/v1/health", timeout=10).json()
    assert time.monotonic() - started < 2
    assert health["status"] in ("loading", "ok") and health["api"] == 1 and health["version"]
    assert service.wait_until_ready()["status"] == "ok"
    assert service.get("/readyz").status_code == 200 and service.get("/healthz").status_code == 200
    service.stop()


def test_a_restart_keeps_the_volumes_and_their_encodings(start, tiny_weights, tmp_path, head_voxels, oblique_affine):
    first = start(tiny_weights, tmp_path)
    volume = first.send(head_voxels, oblique_affine, name="kept").json()["id"]
    first.finished(first.post(f"/v1/volumes/{volume}/encode", json={"profile": "fast"}).json()["job"])
    before = first.get(f"/v1/volumes/{volume}").json()
    assert before["encoded"] == ["fast"]
    first.stop()
    second = start(tiny_weights, tmp_path)
    second.wait_until_ready()
    kept = before | {"name": "scan"}  # what a file was called may be a patient's name, so it is in memory only
    assert second.get(f"/v1/volumes/{volume}").json() == kept
    assert second.finished(second.segment(volume, ["liver"]))["state"] == "done"
    second.stop()


def test_the_key_is_made_on_the_first_start_for_its_owner_only_and_is_never_shown(
    start_anew, tiny_weights, tmp_path, key_file
):
    service = start_anew(tiny_weights, tmp_path, key=None, options=["--key-file", str(key_file)])
    key = key_file.read_text()
    assert len(key) >= 32 and str(key_file) in service.greeting
    if os.name == "posix":
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    service.headers = {"Authorization": f"Bearer {key}"}
    service.wait_until_ready()
    assert service.get("/v1/info").status_code == 200
    service.stop()
    assert key not in service.greeting + service.process.stdout.read() + service.log()


def test_weights_that_cannot_be_loaded_are_told_by_health_and_by_every_request_that_needs_them(
    start, tmp_path, head_voxels, oblique_affine
):
    service = start(tmp_path / "nothing", tmp_path)
    health = service.wait_until_ready()
    assert health["status"] == "failed" and "weights" in health["message"]
    volume = service.send(head_voxels, oblique_affine).json()["id"]
    refused = service.post(f"/v1/volumes/{volume}/segment", json={"prompts": ["liver"]})
    assert refused.status_code == 503 and refused.json() == {"error": health["message"]}
    service.stop()


def serve(*options, **environment):
    own = {name: value for name, value in os.environ.items() if name != "MRIFOUNDATION_KEY"}
    return subprocess.run(
        [sys.executable, "-m", "mrifoundation", "serve", *options],
        env={**own, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_refuses_to_listen_beyond_this_computer_without_an_explicit_key():
    refused = serve("--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 1 and "MRIFOUNDATION_KEY" in refused.stderr and "Traceback" not in refused.stderr


def test_a_taken_port_is_told_in_one_sentence(service):
    refused = serve("--port", service.url.rsplit(":", 1)[1])
    assert refused.returncode == 1 and "Cannot listen" in refused.stderr and len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize("key", ["short", "with spaces in the middle"])
def test_a_weak_key_is_refused(key):
    refused = serve("--port", "0", MRIFOUNDATION_KEY=key)
    assert refused.returncode == 1 and "16 printable characters" in refused.stderr


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to another process here")
def test_ctrl_c_stops_it_without_complaint(start_anew, tiny_weights, tmp_path):
    service = start_anew(tiny_weights, tmp_path)
    service.wait_until_ready()
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(60) == 0
    assert "Traceback" not in service.log()

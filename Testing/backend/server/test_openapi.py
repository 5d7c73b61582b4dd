"""Requests made up from the service's own OpenAPI document, in sequences too: no answer is a fault of the program."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from forked_service import ForkedService
from running_service import KEY

EXAMPLES = os.environ.get("MRIFOUNDATION_SCHEMATHESIS_EXAMPLES", "2")
SECONDS = os.environ.get("MRIFOUNDATION_SCHEMATHESIS_SECONDS", "20")


@pytest.fixture(scope="module")
def service(tiny_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("openapi")
    settings = {
        "MRIFOUNDATION_LIBRARY": str(folder / "library"),
        "MRIFOUNDATION_LIBRARY_ROOTS": str(folder / "nothing"),
        "MRIFOUNDATION_STRUCTURES": str(folder / "structures"),
        "MRIFOUNDATION_REQUESTS_PER_MINUTE": "off",
    }
    running = ForkedService(tiny_weights, folder / "cache", **settings)
    running.wait_until_ready()
    yield running
    running.process.kill()


@pytest.mark.skipif(
    importlib.util.find_spec("schemathesis") is None, reason="needs schemathesis (pip install schemathesis)"
)
def test_no_request_made_up_from_the_document_is_answered_by_a_fault(service, tmp_path):
    report = tmp_path / "report.json"
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        f"{service.url}/openapi.json",
        "-H",
        f"Authorization: Bearer {KEY}",
    ]
    command += [
        "--checks",
        "not_a_server_error",
        "--max-examples",
        EXAMPLES,
        "--max-time",
        SECONDS,
        "--generation-deterministic",
    ]
    command += ["--request-timeout", "120", "--no-color", "--continue-on-failure", "--report-json-path", str(report)]
    command += ["--warnings", "off", "--suppress-health-check", "all", "--exclude-path", "/v1/jobs/{job_id}/events"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, cwd=tmp_path)
    told = json.loads(report.read_text())
    assert done.returncode == 0, done.stdout[-6000:]
    assert told
    assert service.get("/v1/health").json()["status"] == "ok" and service.process.poll() is None


def test_the_document_tells_the_limits_and_the_purge(service):
    document = service.get("/openapi.json").json()
    assert "/v1/library/purge" in document["paths"] and "delete" in document["paths"]["/v1/volumes/{volume_id}"]
    assert "collections" in document["components"]["schemas"]["PurgeRequest"]["properties"]
    assert "requests_per_minute" in document["components"]["schemas"]["Limits"]["properties"]

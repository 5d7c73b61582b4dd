"""What a supervisor sees: request ids, counts, times, JSON logs without names, memory that is given back."""

import json
import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

NAME = "MUSTERMANN-ERIKA"


@pytest.fixture
def service(start):
    running = start(MRIFOUNDATION_LOG="json", MRIFOUNDATION_IDLE_MINUTES="0.02")
    running.wait_until_ready()
    return running


def metric(service, name, **labels):
    families = text_string_to_metric_families(service.get("/metrics").text)
    found = [one for family in families for one in family.samples if one.name == name]
    return sum(one.value for one in found if labels.items() <= one.labels.items())


def test_requests_and_jobs_are_counted_told_and_can_be_found_by_their_id(service, head_voxels, oblique_affine):
    head = service.send(head_voxels, oblique_affine, name=NAME).json()["id"]
    path = f"/v1/volumes/{head}/segment"
    asked = service.post(path, json={"prompts": ["liver"], "profile": "fast"}, headers={"X-Request-Id": "ward-3.17"})
    assert asked.headers["X-Request-Id"] == "ward-3.17"
    assert service.finished(asked.json()["job"])["state"] == "done"
    made = service.get("/v1/health", headers={"X-Request-Id": "two words\t!"}).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{16}", made)
    assert service.request("GET", "/v1/info", headers={"Authorization": "Bearer wrong"}).status_code == 401

    assert metric(service, "mrifoundation_requests_total", kind="segment", status="202") == 1
    assert metric(service, "mrifoundation_requests_total", status="401") == 1
    assert metric(service, "mrifoundation_request_seconds_count", kind="segment") == 1
    assert metric(service, "mrifoundation_jobs_total", kind="segment", outcome="done") == 1
    assert metric(service, "mrifoundation_job_seconds_sum", kind="segment") > 0
    assert metric(service, "mrifoundation_ready") == 1
    assert metric(service, "process_resident_memory_bytes") > 1e7
    assert service.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401

    service.stop()
    lines = [json.loads(line) for line in service.log().splitlines() if line.startswith("{")]
    ours = [line for line in lines if line.get("request_id") == "ward-3.17"]
    assert {line["message"] for line in ours} == {"request", "job"}
    [job] = [line for line in ours if line["message"] == "job"]
    assert job["job"] == asked.json()["job"] and job["kind"] == "segment" and job["outcome"] == "done"
    assert NAME not in service.log() and head not in service.log() and "liver" not in service.log()


def test_memory_is_given_back_when_nothing_was_asked_for_a_while(service, head_voxels, oblique_affine):
    head = service.send(head_voxels, oblique_affine).json()["id"]
    service.finished(service.segment(head, ["liver"]))
    end = time.monotonic() + 120
    while metric(service, "mrifoundation_encodings_held") > 0:
        assert time.monotonic() < end, "the encoding stayed in memory"
        time.sleep(0.2)
    job = service.segment(head, ["spleen"])
    assert service.finished(job)["state"] == "done"  # all of it is still on disk

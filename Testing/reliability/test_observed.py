"""What a supervisor sees: request ids, counts, times, spans, JSON logs without names, memory that is given back."""

import gzip
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from mrifoundation.errors import InputError
from mrifoundation.server import tracing

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


@pytest.fixture
def collector():
    """A collector of spans on loopback, as OTLP over HTTP has it: its address, and the spans that came."""
    spans = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            sent = gzip.decompress(sent) if self.headers.get("Content-Encoding") == "gzip" else sent
            for resource in ExportTraceServiceRequest.FromString(sent).resource_spans:
                spans.extend(span for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", spans
    server.shutdown()


def test_a_request_and_its_job_are_one_trace(start, collector, head_voxels, oblique_affine):
    address, spans = collector
    running = start(OTEL_EXPORTER_OTLP_ENDPOINT=address, OTEL_BSP_SCHEDULE_DELAY="600000")  # only a stop sends
    running.wait_until_ready()
    head = running.send(head_voxels, oblique_affine, name=NAME).json()["id"]
    mine = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01", "X-Request-Id": "ward-3.17"}
    path, wanted = f"/v1/volumes/{head}/segment", {"prompts": ["liver"], "profile": "fast"}
    job = running.post(path, json=wanted, headers=mine).json()["job"]
    assert running.finished(job)["state"] == "done"
    running.stop()
    traced = {span.name: span for span in spans if span.trace_id == bytes.fromhex("ab" * 16)}
    assert set(traced) == {"segment", "segment job"}
    request, work = traced["segment"], traced["segment job"]
    assert request.parent_span_id == bytes.fromhex("cd" * 8) and work.parent_span_id == request.span_id
    assert {event.name for event in work.events} >= {"encode", "segment"}
    assert 0 < work.end_time_unix_nano - work.start_time_unix_nano < 600e9
    told = "".join(map(str, spans))
    assert "ward-3.17" in told and job in told
    assert NAME not in told and head not in told and "liver" not in told


def test_a_collector_without_the_packages_is_told(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(InputError, match="mrifoundation\\[tracing\\]"):
        tracing.set_up()

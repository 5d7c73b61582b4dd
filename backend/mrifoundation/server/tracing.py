"""Requests and jobs as spans of OpenTelemetry, where a collector is named (extra `tracing`); where none is they cost next to nothing.

A span holds the few words that the metrics hold, and the ids of request and job: no address, no name, no message of an exception. The
provider is ours alone: FastAPI would tell addresses and messages to the global one.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import propagate
from opentelemetry.trace import NoOpTracer, Span, SpanKind, Status, StatusCode, Tracer

from mrifoundation.errors import InputError
from mrifoundation.server.job import Job

COLLECTOR = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
OURS = {"record_exception": False, "set_status_on_exception": False}  # either would quote a message

TO_SEND = 2.0  # seconds that a stop waits for the collector

_tracer: Tracer = NoOpTracer()
_send_waiting: Callable[[], object] = bool  # nothing waits


def set_up() -> None:
    """Send spans to the collector that $OTEL_EXPORTER_OTLP_ENDPOINT names (OTLP over HTTP; OTEL_SERVICE_NAME and the other variables of
    OpenTelemetry count as well). Raises InputError when one is named and the packages are not there."""
    if not any(os.environ.get(name) for name in COLLECTOR):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise InputError(
            f"{COLLECTOR[0]} is set, and tracing needs more packages: pip install 'mrifoundation[tracing]', or unset it."
        ) from None
    global _tracer, _send_waiting
    name = os.environ.get("OTEL_SERVICE_NAME", "mrifoundation")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer, _send_waiting = provider.get_tracer("mrifoundation"), provider.force_flush


def send_waiting() -> None:
    """Send the spans that still wait, as long as a stop may take: a process that SIGTERM ends does not come to what Python does at exit."""
    sending = threading.Thread(target=_send_waiting, name="last spans", daemon=True)
    sending.start()
    sending.join(TO_SEND)


@contextmanager
def request_span(kind: str, method: str, headers: dict[bytes, bytes], request: str) -> Iterator[Span]:
    """The span of a request, part of the client's own trace where its headers tell one (W3C `traceparent`)."""
    told = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    about = {"http.request.method": method, "mrifoundation.request": request}
    with _tracer.start_as_current_span(kind, propagate.extract(told), SpanKind.SERVER, about, **OURS) as span:
        yield span


def told_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))


def job_ended(job: Job) -> None:
    """The span of a finished job, from being asked for to its end, part of the trace of its request; each stage is an event."""
    about = {"mrifoundation.job": job.id, "mrifoundation.outcome": job.state, "mrifoundation.begun": job.begun}
    span = _tracer.start_span(f"{job.kind} job", job.trace, SpanKind.INTERNAL, about, start_time=int(job.asked * 1e9))
    for stage, when in job.stages:
        span.add_event(stage, timestamp=when)
    if job.state == "failed":
        span.set_status(Status(StatusCode.ERROR))
    span.end()

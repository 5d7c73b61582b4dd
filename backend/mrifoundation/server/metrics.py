"""What the service counts and measures, in the form that Prometheus reads."""

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from mrifoundation.server.job import Job

if TYPE_CHECKING:
    from mrifoundation.server.audit import AuditTrail
    from mrifoundation.server.backend import Backend

REQUEST_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
JOB_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)


class Metrics:
    """Of one service. Labels are few and known beforehand: kinds as of `asked.kind_of`, never names or ids."""

    def __init__(self):
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, CPU time, open files; on Linux
        own = {"namespace": "mrifoundation", "registry": self.registry}
        self._requests = Counter("requests", "Requests by kind and status.", ("kind", "status"), **own)
        self._request_seconds = Histogram(
            "request_seconds",
            "Time to answer; of jobs it holds their long polls.",
            ("kind",),
            buckets=REQUEST_SECONDS,
            **own,
        )
        self._jobs = Counter("jobs", "Finished jobs by kind and outcome.", ("kind", "outcome"), **own)
        self._job_seconds = Histogram(
            "job_seconds", "From being asked for, or taken up again, to the end.", ("kind",), buckets=JOB_SECONDS, **own
        )
        self._waiting = Gauge("jobs_waiting", "Jobs that wait for the worker.", ("class",), **own)
        self._held = Gauge("encodings_held", "Encodings in memory.", **own)
        self._troubles = Gauge("troubles", "What somebody should mend, as /readyz says in words.", **own)
        self._unwritten = Gauge(
            "audit_entries_unwritten", "Entries that wait for the disk, and those that were lost.", ("what",), **own
        )
        self._ready = Gauge("ready", "1 once the model is loaded.", **own)

    def watch(self, backend: "Backend") -> None:
        """Ask `backend` for the gauges whenever they are read."""
        for name in ("interactive", "batch"):
            self._waiting.labels(name).set_function(lambda name=name: backend.jobs.waiting_by_class()[name])
        self._held.set_function(lambda: backend.engine.encodings_held if backend.engine else 0)
        self._ready.set_function(lambda: backend.engine is not None)

    def watch_audit(self, audit: "AuditTrail") -> None:
        self._unwritten.labels("waiting").set_function(lambda: audit.waiting)
        self._unwritten.labels("lost").set_function(lambda: audit.lost)

    def saw_troubles(self, count: int) -> None:
        self._troubles.set(count)

    def request(self, kind: str, status: int, seconds: float) -> None:
        self._requests.labels(kind, str(status)).inc()
        self._request_seconds.labels(kind).observe(seconds)

    def job(self, job: Job) -> None:
        """A job that is finished."""
        self._jobs.labels(job.kind, job.state).inc()
        self._job_seconds.labels(job.kind).observe(job.seconds)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)

"""The FastAPI app of the local service."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI

import mrifoundation
from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.kept_scans import keep_days
from mrifoundation.engine.room import requests_limit
from mrifoundation.engine.running_services import RunningService
from mrifoundation.server import (
    problems,
    routes_classify,
    routes_exchange,
    routes_forget,
    routes_jobs,
    routes_library,
    routes_organs,
    routes_quality,
    routes_refine,
    routes_report,
    routes_search,
    routes_segment,
    routes_state,
    routes_structures,
    routes_volumes,
)
from mrifoundation.server.asked import Asking
from mrifoundation.server.audit import AuditTrail, audit_file
from mrifoundation.server.backend import Backend
from mrifoundation.server.background import Background
from mrifoundation.server.forgetting import forget
from mrifoundation.server.held_sources import HeldSources
from mrifoundation.server.job import Job
from mrifoundation.server.job_store import JobStore
from mrifoundation.server.keys import KeyRing
from mrifoundation.server.library_folder import LibraryFolder
from mrifoundation.server.limits import limits_of
from mrifoundation.server.marked_regions import MarkedRegions
from mrifoundation.server.metrics import Metrics
from mrifoundation.server.observed import Observed
from mrifoundation.server.own_names import allowed_names
from mrifoundation.server.rate_limit import RateLimit, requests_per_minute
from mrifoundation.server.request_memory import RequestMemory
from mrifoundation.server.resuming import resume
from mrifoundation.server.retention import forget_by_and_by
from mrifoundation.server.security import Guard
from mrifoundation.server.tracing import job_ended, send_waiting
from mrifoundation.server.troubles import catch_up_by_and_by
from mrifoundation.server.volumes import Volumes

if TYPE_CHECKING:
    from mrifoundation.engine import Engine

STRANGERS_S = 10.0  # between two looks at whether the number of somebody's refused requests is due for the audit trail
LARGEST_UPLOAD = 1_200_000_000  # bytes of a body as sent

DESCRIPTION = """Encode an MRI scan once, then segment it by text in fractions of a second.

Send a scan to `/v1/volumes`, ask `/v1/volumes/{id}/segment`, follow the job, fetch `/result` and `/labels`. Every
request but `/v1/health` carries the header `Authorization: Bearer <key>`. Every error is `{"error": one plain
sentence}`. Research only; not for clinical decisions."""


def create_app(
    load: Callable[[], "Engine"],
    keys: KeyRing,
    names: frozenset[str] | None = None,
    largest_upload: int = LARGEST_UPLOAD,
    *,
    alone: bool = True,
    forget_everywhere: Callable[..., Awaitable[None]] | None = None,
) -> FastAPI:
    """The app. `load` gives the engine; it is called once, on the worker thread, when the app starts. `keys` open it;
    `names` are the Host names it answers to (default: those of loopback).

    alone: whether jobs of this cache folder are this service's to write down. forget_everywhere: called with the arguments of
    `forgetting.forget` but the first when a patient is purged; by default this service forgets.
    """

    metrics, rate, days = Metrics(), RateLimit(requests_per_minute()), keep_days()
    file, memory = audit_file(), RequestMemory(requests_limit())
    audit = AuditTrail(file) if file else None
    if audit:
        metrics.watch_audit(audit)

    def ended(job: Job) -> None:
        metrics.job(job)
        job_ended(job)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = RunningService()
        app.state.volumes = Volumes()
        store = JobStore(cache_folder("jobs")) if alone else None
        app.state.backend = Backend(load, store=store, shrink=app.state.volumes.shrink, ended=ended)
        metrics.watch(app.state.backend)
        app.state.library = LibraryFolder()
        app.state.regions = MarkedRegions()
        app.state.sources = HeldSources()
        app.state.background = Background()
        work = [resume(app), forget_by_and_by(app, days), catch_up_by_and_by(app)]
        if audit:
            work.append(app.state.background.by_and_by(audit.write_counted, STRANGERS_S, "counting refused requests"))
        tasks = [asyncio.create_task(one) for one in work]
        yield
        for task in tasks:
            task.cancel()
        if audit:
            audit.write_counted(math.inf)
        app.state.backend.jobs.close()
        running.end()
        send_waiting()

    app = FastAPI(
        title="MRIFoundation",
        version=mrifoundation.__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
    )
    for routes in (
        routes_state,
        routes_volumes,
        routes_forget,
        routes_segment,
        routes_jobs,
        routes_classify,
        routes_library,
        routes_search,
        routes_report,
        routes_refine,
        routes_organs,
        routes_quality,
        routes_exchange,
        routes_structures,
    ):
        app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(Asking)
    app.add_middleware(
        Guard,
        keys=keys,
        names=names or allowed_names(),
        largest_upload=largest_upload,
        rate=rate,
        memory=memory,
        audit=audit,
    )
    app.add_middleware(Observed, metrics=metrics)  # the last one is the outermost
    app.state.metrics, app.state.memory, app.state.audit = metrics, memory, audit
    app.state.forget = forget_everywhere or partial(forget, app)
    app.state.limits = limits_of(largest_upload, memory.limit, rate.per_minute, days)
    _describe_key(app)
    return app


def _describe_key(app: FastAPI) -> None:
    """Say in the OpenAPI document that requests carry a bearer key."""
    plain = app.openapi

    def openapi() -> dict:
        schema = plain()
        schema.setdefault("components", {})["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"key": []}]
        schema["paths"]["/v1/health"]["get"]["security"] = []
        return schema

    app.openapi = openapi

"""Health, readiness and what the service knows."""

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

import mrifoundation
from mrifoundation.server.backend import STOPPING
from mrifoundation.server.problems import PROBLEMS, answer
from mrifoundation.server.schemas import Health, Info
from mrifoundation.server.troubles import troubles

API = 1

router = APIRouter(tags=["state"])


@router.get("/v1/health", response_model=Health, summary="Is it running, is the model loaded, which version")
async def health(request: Request) -> dict:
    """Needs no key and answers at once, also while the model loads."""
    status, message = request.app.state.backend.status
    return {"status": status, "message": message, "version": mrifoundation.__version__, "api": API}


@router.get(
    "/v1/info",
    response_model=Info,
    responses={401: PROBLEMS[401], 503: PROBLEMS[503]},
    summary="Model card, device, profiles and the whole vocabulary",
)
async def info(request: Request) -> JSONResponse:
    engine = request.app.state.backend.ready_engine()
    limits = request.app.state.limits.model_dump()
    return JSONResponse({"version": mrifoundation.__version__, "api": API, "limits": limits, **engine.info()})


@router.get("/healthz", include_in_schema=False)
async def alive() -> dict:
    return {"status": "ok"}


@router.get("/readyz", include_in_schema=False, response_model=None)
async def ready(request: Request) -> dict | JSONResponse:
    """Troubles are what does not keep it from answering, such as a full disk, and make it degraded; each is looked at anew."""
    state = request.app.state
    status, message = state.backend.status
    if status != "ok" or state.backend.jobs.stopping:
        return answer(503, message if status != "ok" else STOPPING)
    found = await run_sync(troubles, state)
    return {"status": "degraded" if found else "ok", "troubles": found}


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """For Prometheus, which sends the key as its `authorization` credentials."""
    return Response(request.app.state.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

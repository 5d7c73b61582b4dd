"""Health, readiness and what the service knows."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

import mrifoundation
from mrifoundation.server.problems import PROBLEMS, answer
from mrifoundation.server.schemas import Health, Info

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
    return JSONResponse({"version": mrifoundation.__version__, "api": API, **engine.info()})


@router.get("/healthz", include_in_schema=False)
async def alive() -> dict:
    return {"status": "ok"}


@router.get("/readyz", include_in_schema=False, response_model=None)
async def ready(request: Request) -> dict | JSONResponse:
    status, message = request.app.state.backend.status
    return {"status": "ok"} if status == "ok" else answer(503, message)

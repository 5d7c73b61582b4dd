"""Every error leaves the service as {"error": sentence}."""

import errno
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mrifoundation.errors import InputError
from mrifoundation.sendable import sendable
from mrifoundation.server.schemas import Problem
from mrifoundation.server.security import TooLarge
from mrifoundation.server.transfer import plain

log = logging.getLogger(__name__)

PROBLEMS = {
    401: {"model": Problem, "description": "The key is missing or wrong."},
    404: {"model": Problem, "description": "Nothing with this id is held."},
    422: {"model": Problem, "description": "What was sent cannot be used; the sentence says why and what to do."},
    503: {"model": Problem, "description": "The model is still loading, or could not be loaded."},
}
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def answer(status: int, sentence: str, headers: dict | None = None) -> JSONResponse:
    return JSONResponse({"error": sendable(sentence)}, status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Answer every exception of `app` with one plain sentence."""

    @app.exception_handler(InputError)
    async def _input(request: Request, error: InputError) -> JSONResponse:
        return answer(422, str(error))

    @app.exception_handler(TooLarge)
    async def _large(request: Request, error: TooLarge) -> JSONResponse:
        return answer(413, str(error), {"connection": "close"})

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        if first["type"] == "json_invalid":
            return answer(422, "The request's body is not JSON; send one JSON object.")
        return answer(422, f"{where or 'The request'}: {plain(first['msg'])}; see /docs for what is expected.")

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        # The framework reports whatever stops the reading of a body as status 400.
        if isinstance(error.__cause__, TooLarge):
            return await _large(request, error.__cause__)
        if isinstance(error.__cause__, RecursionError):
            return answer(422, "The request's JSON is nested too deep; send one plain JSON object.")
        sentence = str(error.detail)
        if error.status_code in (404, 405) and sentence == HTTPStatus(error.status_code).phrase:
            sentence = f"There is no {request.method} of this address here; see /docs for all there is."
        return answer(error.status_code, sentence, error.headers)

    @app.exception_handler(MemoryError)
    async def _memory(request: Request, error: MemoryError) -> JSONResponse:
        return answer(507, "The computer ran out of memory; crop or resample the scan.")

    @app.exception_handler(OSError)
    async def _disk(request: Request, error: OSError) -> JSONResponse:
        if error.errno not in NO_ROOM:
            return await _fault(request, error)
        log.error("request failed: the disk takes nothing more (%s)", errno.errorcode[error.errno])
        return answer(507, "The backend's disk is full or cannot be written to; make room there and send it again.")

    @app.exception_handler(Exception)
    async def _fault(request: Request, error: Exception) -> JSONResponse:
        log.error("request failed: %s", type(error).__name__)
        sentence = f"The backend failed on this request ({type(error).__name__}); this is a fault of the program."
        return answer(500, sentence, {"X-Request-Id": request.scope.get("request_id", "")})

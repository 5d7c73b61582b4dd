"""Around every request: an id that the client can quote, a count, a time, a line in the log, and a span for who traces."""

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable

from mrifoundation.server.asked import kind_of
from mrifoundation.server.logs import request_id
from mrifoundation.server.metrics import Metrics
from mrifoundation.server.tracing import request_span, told_status

log = logging.getLogger(__name__)

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Observed:
    """The outermost ASGI middleware. `X-Request-Id` is echoed when it is a plain word, else made up."""

    def __init__(self, app: Callable[..., Awaitable[None]], metrics: Metrics):
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        name = given if _ID.fullmatch(given) else secrets.token_hex(8).encode()
        scope["request_id"] = name.decode()
        token, started, status = request_id.set(name.decode()), time.monotonic(), 500

        async def told(event: dict) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
                event["headers"] = [*event.get("headers", ()), (b"x-request-id", name)]
            await send(event)

        kind = kind_of(scope["method"], scope["path"])
        try:
            with request_span(kind, scope["method"], dict(scope["headers"]), name.decode()) as span:
                try:
                    await self._app(scope, receive, told)
                finally:
                    told_status(span, status)
        finally:
            seconds = time.monotonic() - started
            self._metrics.request(kind, status, seconds)
            told_of = {"kind": kind, "method": scope["method"], "status": status, "seconds": round(seconds, 4)}
            log.info("request", extra={"told": told_of})
            request_id.reset(token)

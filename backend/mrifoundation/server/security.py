"""Before a request reaches the app: is it meant for this service, may its key do this, not too often, is the body not too large."""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from anyio import CancelScope, CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import HTTPException

from mrifoundation.server.audit import AuditTrail
from mrifoundation.server.keys import KeyRing, NamedKey
from mrifoundation.server.own_names import is_own
from mrifoundation.server.permissions import may, needed_role
from mrifoundation.server.rate_limit import SHARING, RateLimit
from mrifoundation.server.request_memory import FULL, SOON, RequestMemory, Share

Asgi = Callable[[dict, Callable[[], Awaitable[dict]], Callable[[dict], Awaitable[None]]], Awaitable[None]]

OPEN_PATHS = frozenset({"/v1/health", "/healthz", "/readyz", "/docs", "/openapi.json"})
FOREIGN_NAME = "This service is not known under that name; address it as localhost, or name it in MRIFOUNDATION_HOSTS."
TOO_OFTEN = "Too many requests came from this client within a minute; ask again a little later, and less often."
_LARGE = ("/region", "/source", "/import")
LARGEST_JSON = 1_000_000  # bytes of a body that is no volume
JSON_TOGETHER = 200 * LARGEST_JSON  # of all at work; beside scans, which then keep out nothing that is asked in words
IDLE = 60.0  # seconds in which something of a body has to arrive: it holds memory that others wait for
STALLED = "Nothing more of the request arrived for a minute; check the network and send it again."


class Guard:
    """ASGI middleware: 421 under a foreign name, 401 without a bearer key, 403 with one that may not do this, 429 when one client
    asks too often or the requests at work hold all the memory there is for them, 413 when a body is longer than allowed, also when it
    does not say so. What a key asked for is told to the audit trail, where there is one."""

    def __init__(
        self,
        app: Asgi,
        keys: KeyRing,
        names: frozenset[str],
        largest_upload: int,
        rate: RateLimit,
        memory: RequestMemory,
        audit: AuditTrail | None = None,
    ):
        self._app = app
        self._keys = keys
        self._names = names
        self._largest_upload = largest_upload
        self._rate = rate
        self._memory, self._words = memory, RequestMemory(JSON_TOGETHER)
        self._audit, self._writing = audit, CapacityLimiter(1)

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not is_own(headers.get(b"host", b""), self._names):
            await _refuse(send, 421, FOREIGN_NAME, {})
            return
        if scope["path"] in OPEN_PATHS:
            await self._limited(scope, headers, receive, send)
            return
        key = self._keys.holder(headers.get(b"authorization", b""))
        wait = self._wait(key, (scope.get("client") or ("",))[0])
        if wait:
            await _refuse(send, 429, TOO_OFTEN, {"Retry-After": str(math.ceil(wait))})
            return
        await self._audited(key, scope, headers, receive, send)

    def _wait(self, key: NamedKey | None, address: str) -> float:
        """Seconds until this may be asked. Many users may share a key, and many strangers an address; strangers must not use up what a key
        may do, nor one user of many addresses what all may."""
        now = time.monotonic()
        wait = self._rate.wait(f"{key.name if key else ''}@{address}", now)
        return wait or (self._rate.wait(key.name, now, SHARING) if key else 0.0)

    async def _audited(
        self, key: NamedKey | None, scope: dict, headers: dict, receive: Callable, send: Callable
    ) -> None:
        status = 500

        async def told(event: dict) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
            await send(event)

        try:
            await self._permitted(key, scope, headers, receive, told)
        finally:
            if self._audit:
                await self._write_down(self._audit, scope, key.name if key else "", status)

    async def _write_down(self, audit: AuditTrail, scope: dict, who: str, status: int) -> None:
        """On a thread, one after the other: a slow disk keeps no other request waiting. Also of a request that was given up."""
        with CancelScope(shield=True):
            await run_sync(audit.of_request, scope, who, status, limiter=self._writing)

    async def _permitted(
        self, key: NamedKey | None, scope: dict, headers: dict, receive: Callable, send: Callable
    ) -> None:
        needed = needed_role(scope["method"], scope["path"])
        if key is None:
            await _refuse(send, 401, _key_problem(headers), {"WWW-Authenticate": "Bearer"})
        elif not may(key, needed):
            await _refuse(send, 403, _role_problem(key, needed), {})
        else:
            scope["role"] = key.role
            await self._limited(scope, headers, receive, send)

    async def _limited(self, scope: dict, headers: dict, receive: Callable, send: Callable) -> None:
        large = _carries_voxels(scope["path"].rstrip("/"))
        limit = self._largest_upload if large else LARGEST_JSON
        too_large = f"The request is larger than the {limit // 1_000_000} MB allowed here; crop or resample the scan."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            await _refuse(send, 413, too_large, {"Connection": "close"})
            return
        share, words = self._memory.share(), self._words.share()
        scope["share"], body = share, share if large else words
        try:
            if body.grow(int(length)):
                told = b"content-length" in headers
                await self._app(scope, _counted(receive, limit, too_large, None if told else body), send)
            else:
                await _refuse(send, 429, FULL, SOON)
        finally:
            share.end()
            words.end()


def _carries_voxels(path: str) -> bool:
    return path == "/v1/volumes" or (path.startswith("/v1/volumes/") and path.endswith(_LARGE))


class TooLarge(Exception):
    """A body without an announced length grew past the limit."""


def _counted(receive: Callable, limit: int, message: str, share: Share | None) -> Callable[[], Awaitable[dict]]:
    """share: grows with a body that did not say how long it is."""
    received, more = 0, True

    async def counted() -> dict:
        nonlocal received, more
        # With the whole body here, it waits until the client goes away.
        event = await (_within_patience(receive) if more else receive())
        size, more = len(event.get("body", b"")), event.get("more_body", False)
        received += size
        if received > limit:
            raise TooLarge(message)
        if share and not share.grow(size):
            raise HTTPException(429, FULL, SOON)
        return event

    return counted


async def _within_patience(receive: Callable) -> dict:
    try:
        return await asyncio.wait_for(receive(), IDLE)
    except TimeoutError:
        raise HTTPException(408, STALLED, {"Connection": "close"}) from None


def _key_problem(headers: dict[bytes, bytes]) -> str:
    if not headers.get(b"authorization"):
        return "This service needs its key: send the header 'Authorization: Bearer <key>'."
    return "The key is not the one of this service; read it again from the service's key file."


def _role_problem(key: NamedKey, needed: str) -> str:
    return f"The key '{key.name}' may only {key.role}, and this needs {needed}; ask for a key with that role."


async def _refuse(send: Callable, status: int, message: str, headers: dict[str, str]) -> None:
    body = json.dumps({"error": message}).encode()
    start: dict[str, Any] = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in headers.items()),
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})

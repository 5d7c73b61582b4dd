"""Before a request reaches the app: is it meant for this service, may its key do this, not too often, is the body not too large."""

import json
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from mrifoundation.server.audit import AuditTrail
from mrifoundation.server.keys import KeyRing, NamedKey
from mrifoundation.server.own_names import is_own
from mrifoundation.server.permissions import may, needed_role
from mrifoundation.server.rate_limit import RateLimit

Asgi = Callable[[dict, Callable[[], Awaitable[dict]], Callable[[dict], Awaitable[None]]], Awaitable[None]]

OPEN_PATHS = frozenset({"/v1/health", "/healthz", "/readyz", "/docs", "/openapi.json"})
FOREIGN_NAME = "This service is not known under that name; address it as localhost, or name it in MRIFOUNDATION_HOSTS."
TOO_OFTEN = "Too many requests came from this client within a minute; ask again a little later, and less often."
_LARGE = ("/region", "/source", "/import")
LARGEST_JSON = 1_000_000  # bytes of a body that is no volume


class Guard:
    """ASGI middleware: 421 under a foreign name, 401 without a bearer key, 403 with one that may not do this, 429 when one client
    asks too often, 413 when a body is longer than allowed, also when it does not say so. What a key asked for is told to the audit
    trail, where there is one."""

    def __init__(
        self,
        app: Asgi,
        keys: KeyRing,
        names: frozenset[str],
        largest_upload: int,
        rate: RateLimit,
        audit: AuditTrail | None = None,
    ):
        self._app = app
        self._keys = keys
        self._names = names
        self._largest_upload = largest_upload
        self._rate = rate
        self._audit = audit

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
        # Many users may share a key, and many strangers an address; strangers must not use up what a key may do.
        address = (scope.get("client") or ("",))[0]
        wait = self._rate.wait(f"{key.name if key else ''}@{address}", time.monotonic())
        if wait:
            await _refuse(send, 429, TOO_OFTEN, {b"retry-after": str(math.ceil(wait)).encode()})
            return
        await self._audited(key, scope, headers, receive, send)

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
                self._audit.of_request(scope, key.name if key else "", status)

    async def _permitted(
        self, key: NamedKey | None, scope: dict, headers: dict, receive: Callable, send: Callable
    ) -> None:
        needed = needed_role(scope["method"], scope["path"])
        if key is None:
            await _refuse(send, 401, _key_problem(headers), {b"www-authenticate": b"Bearer"})
        elif not may(key, needed):
            await _refuse(send, 403, _role_problem(key, needed), {})
        else:
            await self._limited(scope, headers, receive, send)

    async def _limited(self, scope: dict, headers: dict, receive: Callable, send: Callable) -> None:
        limit = self._largest_upload if _carries_voxels(scope["path"].rstrip("/")) else LARGEST_JSON
        too_large = f"The request is larger than the {limit // 1_000_000} MB allowed here; crop or resample the scan."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            await _refuse(send, 413, too_large, {b"connection": b"close"})
            return
        await self._app(scope, _counted(receive, limit, too_large), send)


def _carries_voxels(path: str) -> bool:
    return path == "/v1/volumes" or (path.startswith("/v1/volumes/") and path.endswith(_LARGE))


class TooLarge(Exception):
    """A body without an announced length grew past the limit."""


def _counted(receive: Callable, limit: int, message: str) -> Callable[[], Awaitable[dict]]:
    received = 0

    async def counted() -> dict:
        nonlocal received
        event = await receive()
        received += len(event.get("body", b""))
        if received > limit:
            raise TooLarge(message)
        return event

    return counted


def _key_problem(headers: dict[bytes, bytes]) -> str:
    if not headers.get(b"authorization"):
        return "This service needs its key: send the header 'Authorization: Bearer <key>'."
    return "The key is not the one of this service; read it again from the service's key file."


def _role_problem(key: NamedKey, needed: str) -> str:
    return f"The key '{key.name}' may only {key.role}, and this needs {needed}; ask for a key with that role."


async def _refuse(send: Callable, status: int, message: str, headers: dict[bytes, bytes]) -> None:
    body = json.dumps({"error": message}).encode()
    start: dict[str, Any] = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *headers.items(),
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})

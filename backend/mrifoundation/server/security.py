"""Before a request reaches the app: is it meant for this service, may its key do this, is the body not too large."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from mrifoundation.server.keys import KeyRing, NamedKey
from mrifoundation.server.own_names import is_own
from mrifoundation.server.permissions import may, needed_role

Asgi = Callable[[dict, Callable[[], Awaitable[dict]], Callable[[dict], Awaitable[None]]], Awaitable[None]]

OPEN_PATHS = frozenset({"/v1/health", "/healthz", "/readyz", "/docs", "/openapi.json"})
FOREIGN_NAME = "This service is not known under that name; address it as localhost, or name it in MRIFOUNDATION_HOSTS."
LARGEST_JSON = 1_000_000  # bytes of a body that is no volume


class Guard:
    """ASGI middleware: 421 under a foreign name, 401 without a bearer key, 403 with one that may not do this, 413 when a body
    is longer than allowed, also when it does not say so."""

    def __init__(self, app: Asgi, keys: KeyRing, names: frozenset[str], largest_upload: int):
        self._app = app
        self._keys = keys
        self._names = names
        self._largest_upload = largest_upload

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not is_own(headers.get(b"host", b""), self._names):
            await _refuse(send, 421, FOREIGN_NAME, {})
            return
        if scope["path"] not in OPEN_PATHS:
            key, needed = (
                self._keys.holder(headers.get(b"authorization", b"")),
                needed_role(scope["method"], scope["path"]),
            )
            if key is None:
                await _refuse(send, 401, _key_problem(headers), {b"www-authenticate": b"Bearer"})
                return
            if not may(key, needed):
                await _refuse(send, 403, _role_problem(key, needed), {})
                return
        limit = self._largest_upload if _carries_voxels(scope["path"].rstrip("/")) else LARGEST_JSON
        too_large = f"The request is larger than the {limit // 1_000_000} MB allowed here; crop or resample the scan."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            await _refuse(send, 413, too_large, {b"connection": b"close"})
            return
        await self._app(scope, _counted(receive, limit, too_large), send)


def _carries_voxels(path: str) -> bool:
    return path == "/v1/volumes" or (path.startswith("/v1/volumes/") and path.endswith("/region"))


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

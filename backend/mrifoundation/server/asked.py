"""What the request at hand asks for and who sends it: told to the queue, the metrics and the log without passing through every route."""

import hashlib
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mrifoundation.server.job import Job

JOBS = (
    "encode",
    "segment",
    "search",
    "why",
    "classify",
    "report",
    "quality",
    "ingest",
    "teach",
)  # kinds that make a job
BATCH = frozenset({"ingest", "teach"})  # nobody sits and waits for these
_KEY_DIGITS = 16  # of a client's hash that tell its key, and as many its address
_LAST = {"ingest": "ingest", "heads": "teach", "structures": "teach", "refresh": "teach"}


def kind_of(method: str, path: str) -> str:
    """One of few words for what a request is about, by its address."""
    parts = path.strip("/").split("/")
    first, last = parts[min(1, len(parts) - 1)], parts[-1]
    if method == "POST" and first in ("volumes", "search", "library", "heads", "structures"):
        kind = _LAST.get(last, last)
        if kind in JOBS:
            return kind
    if "refine" in parts[3:4]:
        return "refine"
    if parts[0] != "v1":
        return "state"
    return {"volumes": "volumes", "jobs": "jobs", "library": "library"}.get(first, "other")


@dataclass
class Asked:
    """kind: as of `kind_of`. client: who asks, as a hash that begins with that of the key (`key_of`). path, body: enough to ask the
    same again after a restart; the body is complete once the route has read it. resumed: the job that is asked for again."""

    kind: str = "other"
    client: str = ""
    path: str = ""
    body: bytearray = field(default_factory=bytearray)
    resumed: "Job | None" = None


asked: ContextVar[Asked] = ContextVar("asked", default=Asked())  # noqa: B039 (nobody writes into the default)


class Asking:
    """ASGI middleware behind the guard: says what is asked for, and keeps the body of what makes a job."""

    def __init__(self, app: Callable[..., Awaitable[None]]):
        self._app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            scope["app"].state.behind_the_guard = self  # where a restart asks again
            await self._app(scope, receive, send)
            return
        asking = Asked(
            kind_of(scope["method"], scope["path"]), _client(scope), scope["path"], resumed=scope.get("resumed")
        )
        token = asked.set(asking)
        try:
            await self._app(scope, _kept(receive, asking.body) if asking.kind in JOBS else receive, send)
        finally:
            asked.reset(token)


def key_of(client: str) -> str:
    """What all clients with one key have in common."""
    return client[:_KEY_DIGITS]


def _client(scope: dict) -> str:
    """The key and the address together, so that neither many users of one key nor many keys of one proxy count as one."""
    if scope.get("resumed") is not None:
        return scope["resumed"].client
    key = dict(scope["headers"]).get(b"authorization", b"")
    host = (scope.get("client") or ("",))[0]
    hashes = (hashlib.sha256(one).hexdigest()[:_KEY_DIGITS] for one in (key, key + b"@" + host.encode()))
    return "".join(hashes)


def _kept(receive: Callable, body: bytearray) -> Callable[[], Awaitable[dict]]:
    async def kept() -> dict:
        event = await receive()
        body.extend(event.get("body", b""))
        return event

    return kept

"""How much memory the requests at work may hold together: what is sent, and what is made of it. No number of them takes the service's.

Asked for on the event loop only, before the memory is needed; what does not fit is refused with 429, and nothing of it is read.
"""

from anyio import CapacityLimiter
from fastapi import HTTPException, Request

from mrifoundation.errors import InputError

FULL = "The service is busy with other scans and has no memory left for this one; ask again in a few seconds."
SOON = {"Retry-After": "5"}
TURNS = 2  # files that are read at once; others wait, since nobody knows beforehand what one unpacks to
SENDINGS = 4  # archives that are sent to at once; one that does not answer must not take all threads


class RequestMemory:
    """limit: bytes of all requests together. turns: for whoever reads a whole scan or file. sendings: for whoever sends to an archive."""

    def __init__(self, limit: int):
        self.limit = limit
        self.held = 0
        self.turns, self.sendings = CapacityLimiter(TURNS), CapacityLimiter(SENDINGS)

    def share(self) -> "Share":
        return Share(self)


class Share:
    """What one request holds until its answer has been sent."""

    def __init__(self, memory: RequestMemory):
        self._memory = memory
        self._size = 0

    def grow(self, size: int) -> bool:
        """Whether there was room for so many bytes more. For one request alone there always is: a small limit makes them wait for each
        other and keeps none out."""
        others = self._memory.held - self._size
        if others and self._memory.held + size > self._memory.limit:
            return False
        self._memory.held += size
        self._size += size
        return True

    def end(self) -> None:
        self._memory.held -= self._size
        self._size = 0


def hold(request: Request, size: int) -> None:
    """Let a request hold so many bytes more; 429 when there is no room beside the others."""
    share: Share | None = request.scope.get("share")  # none where it is asked again after a restart
    if share and not share.grow(size):
        raise HTTPException(429, FULL, SOON)


def hold_at_most(request: Request, size: int, what: str) -> None:
    """As `hold`, for what a client can ask for in parts: also alone it may not pass the limit. Raises InputError when it would."""
    limit = request.app.state.memory.limit
    if size > limit:
        raise InputError(
            f"{what} needs {size / 1e9:.1f} GB of memory at once, and requests may take {limit / 1e9:.1f} GB here; ask for fewer at a "
            "time, or set MRIFOUNDATION_REQUESTS_GB."
        )
    hold(request, size)

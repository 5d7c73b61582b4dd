"""What the service does beside answering: again and again, whatever one round comes to; what goes wrong is logged and told by /readyz."""

import asyncio
import logging
from collections.abc import Callable

from anyio.to_thread import run_sync

log = logging.getLogger(__name__)

AGAIN = 60.0  # seconds at most until what failed is tried again


class Background:
    """The loops of one service."""

    def __init__(self):
        self._failing: dict[str, str] = {}

    @property
    def troubles(self) -> list[str]:
        """A sentence for each that does not do its work."""
        return list(self._failing.values())

    async def by_and_by(self, work: Callable[[], object], every: float, purpose: str) -> None:
        """Do `work` on a thread now and every so many seconds, for ever. purpose: what it is for, as in "forgetting what is old"."""
        while True:
            try:
                await run_sync(work)
            except Exception as error:
                self.failed(purpose, error)
                await asyncio.sleep(min(every, AGAIN))
            else:
                self._failing.pop(purpose, None)
                await asyncio.sleep(every)

    def failed(self, purpose: str, error: Exception) -> None:
        """Log it when it begins; the message of an exception may name files, and everybody may ask /readyz."""
        reason = getattr(error, "strerror", None) or type(error).__name__
        if purpose not in self._failing:
            log.error("%s does not work", purpose, exc_info=error)
        self._failing[purpose] = (
            f"{purpose[0].upper()}{purpose[1:]} does not work ({reason}); the service's log says where."
        )

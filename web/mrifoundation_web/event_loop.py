"""The work of the worker threads beside the event loop of the web server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from MRIFoundationLib.Task import Task, TaskRunner

DRAIN_SECONDS = 0.02


class LoopRunner(TaskRunner):
    """Runs tasks beside asyncio's event loop; what their callbacks change in `state` goes to the browser.

    `failed` hears of a callback that failed; the others are still heard.
    """

    def __init__(self, state, failed: Callable[[Exception], None]):
        super().__init__()
        self._state, self._failed = state, failed
        self._draining: asyncio.Task | None = None

    def start(self, task: Task) -> Task:
        super().start(task)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.get_running_loop().create_task(self._drain())
        return task

    async def _drain(self) -> None:
        while not self.idle:
            with self._state:
                try:
                    self.drain()
                except Exception as error:
                    self._failed(error)
            await asyncio.sleep(DRAIN_SECONDS)

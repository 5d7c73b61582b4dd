"""Who is next: interactive work before batch, and within each one job of every client in turn."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from queue import Empty
from typing import Generic, TypeVar

Item = TypeVar("Item")

PATIENCE = 15.0  # seconds


class FairQueue(Generic[Item]):
    """A queue between threads. Batch work waits while there is any other, but for `patience` seconds at most: where somebody always asks
    for something, an archive still comes in, a scan at a time."""

    def __init__(self, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic):
        self._patience, self._clock = patience, clock
        self._passed_over_since = 0.0  # when batch work came, or last had its turn
        self._rounds: tuple[OrderedDict[str, deque[Item]], ...] = (OrderedDict(), OrderedDict())
        self._changed = threading.Condition()
        self._closed = False

    def put(self, item: Item, client: str = "", *, batch: bool = False) -> None:
        with self._changed:
            if batch and not self._rounds[batch]:
                self._passed_over_since = self._clock()
            self._rounds[batch].setdefault(client, deque()).append(item)
            self._changed.notify()

    def get(self, timeout: float | None = None) -> Item | None:
        """The next item, waited for; None once closed; raises Empty when none came within `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or any(self._rounds), timeout):
                raise Empty
            return None if self._closed else self._next()

    def close(self) -> list[Item]:
        """Nothing is given out any more; what still waited is returned."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            left = [item for round in self._rounds for items in round.values() for item in items]
            for round in self._rounds:
                round.clear()
            return left

    def length(self, *, batch: bool) -> int:
        with self._changed:
            return sum(map(len, self._rounds[batch].values()))

    def length_of(self, client: str) -> int:
        """How many items of one client wait."""
        with self._changed:
            return sum(len(round.get(client, ())) for round in self._rounds)

    def length_beginning(self, client: str) -> int:
        """How many items of all clients wait whose name begins so."""
        with self._changed:
            return sum(len(items) for round in self._rounds for name, items in round.items() if name.startswith(client))

    def __len__(self) -> int:
        return self.length(batch=False) + self.length(batch=True)

    def _next(self) -> Item:
        round = self._next_round()
        client, items = round.popitem(last=False)
        item = items.popleft()
        if items:
            round[client] = items  # behind all others
        return item

    def _next_round(self) -> OrderedDict[str, deque[Item]]:
        interactive, batch = self._rounds
        overdue = batch and self._clock() - self._passed_over_since >= self._patience
        if interactive and not overdue:
            return interactive
        self._passed_over_since = self._clock()
        return batch

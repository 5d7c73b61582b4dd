"""Values in memory up to a number of bytes; the longest unused go first."""

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


Value = TypeVar("Value", bound=Sized)


class MemoryCache(Generic[Value]):
    """A mapping that keeps at most `limit` bytes, and always at least the newest value. Safe between threads."""

    def __init__(self, limit: int):
        self.limit = limit
        self._values: OrderedDict[str, Value] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self._values

    def __len__(self) -> int:
        with self._lock:
            return len(self._values)

    def get(self, key: str) -> Value | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: str, value: Value) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > 1 and sum(held.nbytes for held in self._values.values()) > self.limit:
                self._values.popitem(last=False)

    def drop(self, key: str) -> None:
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()

    def keys(self) -> list[str]:
        with self._lock:
            return list(self._values)

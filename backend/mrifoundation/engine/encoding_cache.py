"""Encodings by their key: in memory first, then on disk."""

import logging

import torch

from mrifoundation.engine.disk_cache import DiskCache
from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.memory_cache import MemoryCache
from mrifoundation.engine.room import cache_limit, memory_limit

log = logging.getLogger(__name__)

IN_MEMORY = 0.35  # of what may be kept there


class EncodingCache:
    """What has been encoded before; a file that is damaged or does not belong counts as not there."""

    def __init__(self, device: torch.device):
        self._device = device
        self._memory: MemoryCache[Encoding] = MemoryCache(memory_limit(IN_MEMORY))
        self._disk = DiskCache(cache_folder("encodings"), cache_limit())

    def __contains__(self, key: str) -> bool:
        return key in self._memory or key in self._disk

    def __len__(self) -> int:
        return len(self._memory)

    @property
    def trouble(self) -> str | None:
        return self._disk.trouble

    def shrink(self) -> None:
        """Forget what is in memory."""
        self._memory.clear()

    def forget(self, scan_hash: str) -> None:
        """Drop from memory what one scan was encoded to."""
        for key in self._memory.keys():  # noqa: SIM118 (a cache is no mapping)
            held = self._memory.get(key)
            if held is not None and held.scan_hash == scan_hash:
                self._memory.drop(key)

    def get(self, key: str) -> Encoding | None:
        encoding = self._memory.get(key)
        if encoding is None:
            encoding = self._from_disk(key)
            if encoding is not None:
                self._memory.put(key, encoding)
        return encoding

    def put(self, encoding: Encoding) -> None:
        self._memory.put(encoding.key, encoding)
        self._disk.write(encoding.key, *encoding.to_file())

    def _from_disk(self, key: str) -> Encoding | None:
        stored = self._disk.read(key)
        if stored is None:
            return None
        try:
            encoding = Encoding.from_file(*stored, self._device)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("an encoding on disk does not fit (%s); it is made again", type(error).__name__)
            return None
        return encoding if encoding.key == key else None

"""The scans that clients have sent: in memory while there is room, and on disk, so that a restart does not lose
them."""

import logging
import re

import numpy as np

from mrifoundation.engine.disk_cache import DiskCache
from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.memory_cache import MemoryCache
from mrifoundation.engine.room import cache_limit, memory_limit
from mrifoundation.errors import InputError
from mrifoundation.volume import Scan

log = logging.getLogger(__name__)

IN_MEMORY = 0.5  # of what may be kept there
NAMELESS = "scan"  # what a scan is called that was read back from disk
ID = re.compile(r"[0-9a-f]{64}")


class HeldScan:
    """A scan with the number of bytes it takes, as the memory cache wants it."""

    def __init__(self, scan: Scan):
        self.scan = scan
        self.nbytes = scan.voxels.nbytes


class Volumes:
    """Scans by content hash."""

    def __init__(self):
        self._memory: MemoryCache[HeldScan] = MemoryCache(memory_limit(IN_MEMORY))
        self._disk = DiskCache(cache_folder("volumes"), cache_limit())
        self._unwritten: set[str] = set()  # what the disk refused, or let go for others while it was in use

    def add(self, scan: Scan) -> str:
        """Keep `scan`; gives its id. Sending the same scan again changes nothing but its name."""
        scan_id = scan.content_hash
        self._memory.put(scan_id, HeldScan(scan))
        if not self._disk.mark_used(scan_id) and not self._write(scan):
            self._unwritten.add(scan_id)
        return scan_id

    @property
    def trouble(self) -> str | None:
        """Why scans are not kept on disk, tried anew with those that are still in memory; None when they are. May write to the disk."""
        for scan_id in list(self._unwritten):
            if self._disk.trouble:
                break
            held = self._memory.get(scan_id)
            if held is None or self._write(held.scan):
                self._unwritten.discard(scan_id)
        return self._disk.trouble

    def shrink(self) -> None:
        """Forget in memory what is on disk as well."""
        for scan_id in self._memory.keys():  # noqa: SIM118 (a cache is no mapping)
            if scan_id in self._disk:
                self._memory.drop(scan_id)

    def __contains__(self, scan_id: str) -> bool:
        return bool(ID.fullmatch(scan_id)) and (scan_id in self._memory or scan_id in self._disk)

    def forget(self, scan_id: str) -> None:
        """Drop a scan from memory and disk."""
        self._unwritten.discard(scan_id)
        self._memory.drop(scan_id)
        if ID.fullmatch(scan_id):
            self._disk.drop(scan_id)

    def get(self, scan_id: str) -> Scan | None:
        """The scan with this id, or None when it is not held."""
        if not ID.fullmatch(scan_id):
            return None
        held = self._memory.get(scan_id)
        if held is None:
            scan = self._from_disk(scan_id)
            if scan is None:
                return None
            held = HeldScan(scan)
            self._memory.put(scan_id, held)
        elif not self._disk.mark_used(scan_id):
            self._unwritten.add(scan_id)
        return held.scan

    def _write(self, scan: Scan) -> bool:
        """Whether there is nothing more to do: a scan larger than all that may be kept is none that the disk refused.

        Under no name: clients call scans after files and patients. It is known as long as the scan is in memory."""
        about = {"affine": scan.affine.tolist(), "name": NAMELESS, "notes": list(scan.notes)}
        self._disk.write(scan.content_hash, {"voxels": _compact(scan.voxels)}, about)
        return scan.content_hash in self._disk or not self._disk.trouble

    def _from_disk(self, scan_id: str) -> Scan | None:
        stored = self._disk.read(scan_id)
        if stored is None:
            return None
        arrays, about = stored
        try:
            scan = Scan(
                arrays["voxels"].astype(np.float32), np.array(about["affine"]), about["name"], tuple(about["notes"])
            )
        except (KeyError, TypeError, ValueError, InputError):
            return None
        return scan if scan.content_hash == scan_id else None


def _compact(voxels: np.ndarray) -> np.ndarray:
    """The same values as int16 where that is exact, which is what most scanners give and half the size."""
    if voxels.min() >= -32768 and voxels.max() <= 32767:
        whole = voxels.astype(np.int16)
        # Bit by bit: −0.0 is 0 for a comparison, but not for the hash that names the scan.
        if np.array_equal(
            whole.astype(np.float32).view(np.int32), np.ascontiguousarray(voxels, np.float32).view(np.int32)
        ):
            return whole
    return voxels

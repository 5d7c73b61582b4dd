"""Compressed DICOM pixels, decoded in a process of its own: GDCM dies of some damaged ones, and then only that process does."""

import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from mrifoundation.volume.budget import BYTE_BUDGET

_PROGRAM = Path(__file__).with_name("gdcm_process.py")
_SECONDS = 120  # for one file
_AT_ONCE = 1 << 20  # values that are turned into float32


class Decoder:
    """The process starts with the first file and serves all that follow, from any thread, one after the other; a new one when it died."""

    def __init__(self):
        self._process: subprocess.Popen | None = None
        self._turn = threading.Lock()
        self._owner = 0

    def decode(self, path: Path) -> np.ndarray:
        """float32 [frame, row, column], with a last axis where a pixel has several components; rescaled as the file says.

        Raises ValueError when the pixels are damaged, whatever came of it.
        """
        with self._turn:
            process = self._running()
            watch = threading.Timer(_SECONDS, process.kill)
            watch.start()
            try:
                process.stdin.write(json.dumps(str(path.resolve())).encode() + b"\n")
                process.stdin.flush()
                values = _answer(process)
            except (OSError, ValueError) as error:
                self._end()
                raise ValueError("decoding did not end well") from error
            finally:
                watch.cancel()
        if values is None:
            raise ValueError("the pixels are refused")
        return values

    def _running(self) -> subprocess.Popen:
        is_mine = self._process is not None and self._owner == os.getpid()  # a forked one has none of its own yet
        if not is_mine or self._process.poll() is not None:  # something else may have ended it, for want of memory
            # -P: the modules beside the program are no packages of anybody's.
            command = [sys.executable, "-P", str(_PROGRAM)]
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._process

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._process = None


def _answer(process: subprocess.Popen) -> np.ndarray | None:
    head = json.loads(process.stdout.readline())
    if "error" in head:
        return None
    shape = [*head["shape"], head["components"]] if head["components"] > 1 else head["shape"]
    kind, count = np.dtype(head["dtype"]), math.prod(shape)
    if count * max(kind.itemsize, 4) > BYTE_BUDGET:
        raise ValueError("they are larger than the header says")
    values = np.empty(count, np.float32)
    for start in range(0, count, _AT_ONCE):  # a small file may hold a large image, which need not be here twice
        part = np.empty(min(_AT_ONCE, count - start), kind)
        if process.stdout.readinto(part.view(np.uint8)) != part.nbytes:
            raise ValueError("they end early")
        values[start : start + len(part)] = part
    return values.reshape(shape)


DECODER = Decoder()
"""Of the whole program: it ends when the program does."""

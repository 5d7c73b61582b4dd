"""Regions that clients have marked on a scan: sent as a box, kept packed until a search asks for them."""

import json
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from mrifoundation.errors import InputError
from mrifoundation.server.transfer import plain, unpacked

KEPT = 512  # more than an RTSTRUCT has
KEPT_BYTES = 256_000_000  # of all of them, packed: a body's outline takes some megabytes
Start = Annotated[int, Field(ge=0, le=8192)]
Size = Annotated[int, Field(ge=1, le=8192)]
Triple = Field(min_length=3, max_length=3)


class MaskGeometry(BaseModel):
    """The `X-Geometry` header of a mask in a box, as `/labels` sends it; dtype and affine may be left out."""

    start: Annotated[list[Start], Triple]
    shape: Annotated[list[Size], Triple]
    full_shape: Annotated[list[Size], Triple]


@dataclass(frozen=True)
class MarkedRegion:
    """packed: the box's bits. volume: id of the scan."""

    volume: str
    geometry: MaskGeometry
    packed: bytes

    def mask(self) -> np.ndarray:
        """bool [i, j, k] on the scan's own grid."""
        box = np.unpackbits(np.frombuffer(self.packed, np.uint8), count=int(np.prod(self.geometry.shape)))
        mask = np.zeros(self.geometry.full_shape, bool)
        mask[self.place] = box.reshape(self.geometry.shape).astype(bool)
        return mask

    @property
    def place(self) -> tuple[slice, ...]:
        return tuple(slice(a, a + n) for a, n in zip(self.geometry.start, self.geometry.shape, strict=True))


class MarkedRegions:
    """The last regions that were sent."""

    def __init__(self, most_bytes: int = KEPT_BYTES):
        self._held: OrderedDict[str, MarkedRegion] = OrderedDict()
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def add(self, region: MarkedRegion) -> str:
        name = secrets.token_hex(8)
        with self._lock:
            self._held[name] = region
            size = sum(len(one.packed) for one in self._held.values())
            while len(self._held) > KEPT or (size > self._most_bytes and len(self._held) > 1):
                size -= len(self._held.popitem(last=False)[1].packed)
        return name

    def forget(self, volume: str) -> None:
        """Drop all regions of one scan."""
        with self._lock:
            for name in [name for name, region in self._held.items() if region.volume == volume]:
                del self._held[name]

    def get(self, name: str) -> MarkedRegion | None:
        with self._lock:
            return self._held.get(name)


def parse_region(volume: str, shape: tuple[int, ...], header: str, body: bytes, encoding: str | None) -> MarkedRegion:
    """A region from a request; one byte a voxel in C order, not 0 = marked. Raises InputError when it does not fit the scan."""
    try:
        geometry = MaskGeometry.model_validate(json.loads(header))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"X-Geometry is not usable: {where}: {plain(first['msg'])}.") from None
    except (ValueError, RecursionError):
        raise InputError("X-Geometry is not JSON; send start, shape and full_shape as one JSON object.") from None
    if tuple(geometry.full_shape) != tuple(shape):
        raise InputError(
            f"The region is of a scan with shape {geometry.full_shape}, this one has {list(shape)}; mark it on this scan."
        )
    if any(a + n > m for a, n, m in zip(geometry.start, geometry.shape, shape, strict=True)):
        raise InputError("The region's box reaches beyond the scan; send start and shape in voxels of the scan.")
    expected = int(np.prod(geometry.shape))
    raw = unpacked(body, encoding, expected)
    if len(raw) != expected:
        raise InputError(
            f"The region holds {len(raw)} bytes but its box {geometry.shape} needs {expected}; send one byte a voxel."
        )
    voxels = np.frombuffer(raw, np.uint8) != 0
    if not voxels.any():
        raise InputError("The region is empty; mark at least one voxel.")
    return MarkedRegion(volume, geometry, np.packbits(voxels).tobytes())

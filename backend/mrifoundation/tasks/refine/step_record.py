"""A contour's beginning and its steps as records of a journal: JSON and packed bits."""

import zlib
from dataclasses import asdict

import numpy as np

from mrifoundation.engine.refinement import Mark
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.tasks.refine.contour import About, Box, Contour, Step


def opening_record(contour: Contour) -> tuple[dict, bytes]:
    """The first record: what the contour is of, and its mask before any mark."""
    box = contour.whole_box()
    return {"open": asdict(contour.about), "box": _bounds(box)}, _packed([contour.mask[box]])


def opened(record: dict, content: bytes) -> Contour:
    """The contour that the first record describes."""
    about = About(**record["open"] | {"shape": tuple(record["open"]["shape"])})
    mask = np.zeros(about.shape, dtype=bool)
    box = _box(record["box"])
    mask[box] = _unpacked(content, [_shape(box)])[0]
    return Contour(about, mask)


def step_record(step: Step, at: int) -> tuple[dict, bytes]:
    """The record of a step that is the `at`-th."""
    painted = step.mark.painted if step.mark.painted is not None else np.zeros((0, 0, 0), dtype=bool)
    about = {
        "at": at,
        "mark": step.mark.to_json(),
        "painted": list(painted.shape),
        "reach": float(step.placed.reach),
        "voxels": list(step.placed.voxels.shape),
        "box": _bounds(step.box),
    }
    return about, _packed([painted, step.before, step.after], step.placed.voxels.astype("<i2").tobytes())


def step_of(record: dict, content: bytes) -> Step:
    """The step in a record."""
    box, given = _box(record["box"]), record["mark"]
    raw = zlib.decompress(content)
    count = int(np.prod(record["voxels"]))
    voxels = np.frombuffer(raw[: 2 * count], "<i2").reshape(record["voxels"]).astype(int)
    painted, before, after = _bits(raw[2 * count :], [tuple(record["painted"]), _shape(box), _shape(box)])
    brush = painted if given["kind"] == "brush" else None
    mark = Mark(
        **given | {"points": tuple(map(tuple, given["points"])), "start": tuple(given["start"]), "painted": brush}
    )
    return Step(mark, Placed(voxels, mark.positive, record["reach"]), box, before, after)


def _packed(masks: list[np.ndarray], first: bytes = b"") -> bytes:
    return zlib.compress(first + b"".join(np.packbits(mask).tobytes() for mask in masks), 1)


def _unpacked(content: bytes, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    return _bits(zlib.decompress(content), shapes)


def _bits(raw: bytes, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    masks, start = [], 0
    for shape in shapes:
        count = int(np.prod(shape))
        length = -(-count // 8)
        bits = np.frombuffer(raw[start : start + length], np.uint8)
        masks.append(np.unpackbits(bits, count=count).astype(bool).reshape(shape))
        start += length
    return masks


def _bounds(box: Box) -> list[list[int]]:
    return [[int(b.start), int(b.stop)] for b in box]


def _box(bounds: list[list[int]]) -> Box:
    return tuple(slice(a, b) for a, b in bounds)


def _shape(box: Box) -> tuple[int, ...]:
    return tuple(b.stop - b.start for b in box)

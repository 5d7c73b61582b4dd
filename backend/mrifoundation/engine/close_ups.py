"""A second look: organs that take little of the field of view are encoded once more, from close by.

A cine of the heart shows half a chest. At the detail `standard` its working voxels are 2.5 mm wide, though the scanner gave 1.4; for
the box around the heart alone the same budget gives 1.4. Only what was learned from close by is looked at like this, and only where
the first look has found it.
"""

import numpy as np

from mrifoundation.engine.encoder import Cancel, Encoder, Progress
from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.segmenter import Segmenter
from mrifoundation.model import FoundationModel
from mrifoundation.volume import Scan
from mrifoundation.volume.adapt import WorkingGrid
from mrifoundation.volume.box import Box

MARGIN = 15.0  # mm around what the first look found
LARGEST = 0.6  # of what the first look saw; a larger part would hardly be seen finer
COARSEST = "fast"  # the detail for those who do not want to wait, without a second look


def close_ups(
    model: FoundationModel,
    segmenter: Segmenter,
    encoder: Encoder,
    scan: Scan,
    encoding: Encoding,
    progress: Progress,
    cancel: Cancel,
) -> dict[int, Encoding]:
    """The parts of `scan` that are worth it, by the place of their names in the network's `close_ups`."""
    if encoding.profile == COARSEST:
        return {}

    def closer(stage: str, fraction: float, message: str) -> None:
        progress("closer", fraction, "Looking closer at a part of the scan.")

    seen = {place: segmenter.in_view(encoding, model.close_up(place)) for place in range(len(model.config.close_ups))}
    found = {}
    for place in _surest(model, seen):
        working = segmenter.box_of(encoding, seen[place])
        box = working and around(encoding.grid, working)
        if box is not None:
            found[place] = encoder.encode(scan, encoding.profile, closer, cancel, box)
    return found


def _surest(model: FoundationModel, seen: dict[int, list[str]]) -> list[int]:
    """Of what is in view at least by half, that of which most is: a scan of the heart may show a bit of the liver."""
    share = {place: len(names) / len(model.close_up(place)) for place, names in seen.items()}
    most = max(share.values(), default=0.0)
    return [place for place in share if share[place] == most >= 0.5]


def around(grid: WorkingGrid, working: Box) -> Box | None:
    """The canonical scan voxels in and around a box of working voxels; None where that is most of what the grid shows."""
    box, share = [], 1.0
    for axis, part in enumerate(working):
        reach = MARGIN / grid.spacing
        near, far = max(part.start - reach, 0), min(part.stop + reach, grid.shape[axis])
        share *= (far - near) / grid.shape[axis]
        first, last = grid.start[axis] + grid.step[axis] * np.array([near, far])
        box.append(slice(max(0, int(np.floor(first))), min(grid.scan_shape[axis], int(np.ceil(last)) + 1)))
    return tuple(box) if share <= LARGEST else None

"""A second look: organs that take little of the field of view are encoded once more, from close by.

A cine of the heart shows half a chest. At the detail `standard` its working voxels are 2.5 mm wide, though the scanner gave 1.4; for
the box around the heart alone the same budget gives 1.4. Only what was learned from close by is looked at like this, and only where
the first look has found it.
"""

from dataclasses import replace

import numpy as np

from mrifoundation.engine.encoder import Cancel, Encoder, Progress
from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.segmenter import Segmenter
from mrifoundation.model import FoundationModel
from mrifoundation.volume import Scan
from mrifoundation.volume.adapt import PROFILES, WorkingGrid
from mrifoundation.volume.box import Box

MARGIN = 35.0  # mm around what the first look found; with much less, the borders of the view come too near
LARGEST = 0.6  # of what the first look saw; a larger part would hardly be seen finer
COARSEST = min(PROFILES, key=PROFILES.get)  # the detail for those who do not want to wait
FIRST_LOOK = 0.5  # of the progress


def encode_twice(
    model: FoundationModel,
    segmenter: Segmenter,
    encoder: Encoder,
    scan: Scan,
    profile: str,
    progress: Progress,
    cancel: Cancel,
) -> Encoding:
    """The encoding of `scan`, with those of the parts that are worth it.

    Raises what `Encoder.encode` raises."""
    if profile == COARSEST or not model.config.close_ups:
        return encoder.encode(scan, profile, progress, cancel)
    first = encoder.encode(scan, profile, _part_of(progress, 0.0, FIRST_LOOK), cancel)
    boxes = _boxes(model, segmenter, first)
    found, share = {}, (1 - FIRST_LOOK) / max(1, len(boxes))
    for number, (place, box) in enumerate(boxes.items()):
        closer = _part_of(progress, FIRST_LOOK + number * share, share)
        found[place] = encoder.encode(scan, profile, closer, cancel, box)
    return replace(first, close_ups=found)


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


def _boxes(model: FoundationModel, segmenter: Segmenter, first: Encoding) -> dict[int, Box]:
    """Where to look closer, by the place of what is there in the network's `close_ups`: around the names of which most are in view, and at
    least half. A scan of the heart may show a bit of the liver, too."""
    seen = {place: segmenter.in_view(first, model.close_up(place)) for place in range(len(model.config.close_ups))}
    share = {place: len(names) / len(model.close_up(place)) for place, names in seen.items()}
    boxes = {}
    for place, names in seen.items():
        working = segmenter.box_of(first, names) if share[place] == max(share.values()) >= 0.5 else None
        box = working and around(first.grid, working)
        if box:
            boxes[place] = box
    return boxes


def _part_of(progress: Progress, start: float, share: float) -> Progress:
    """A progress of which 0 to 1 is `start` to `start` + `share` of the whole."""
    return lambda stage, fraction, message: progress(stage, start + share * fraction, message)

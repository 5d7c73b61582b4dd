"""The intracranial space and the brain's share of it, for skull-stripped scans and whole heads."""

import numpy as np
from scipy import ndimage

from mrifoundation.engine import Encoding, Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.measure.brain_tissue import BrainShare, brain_share, stripped_mask, tissue_brightness
from mrifoundation.tasks.measure.volumes import Volumes, measure_volumes
from mrifoundation.volume import Scan

FLUID = ("left lateral ventricle", "right lateral ventricle")
GREY = ("left cerebral cortex", "right cerebral cortex")
WHITE = ("left cerebral white matter", "right cerebral white matter")
REST = (
    "left cerebellar cortex", "right cerebellar cortex", "left cerebellar white matter", "right cerebellar white matter",
    "brainstem", "third ventricle", "fourth ventricle", "cerebrospinal fluid", "left thalamus", "right thalamus",
    "left caudate nucleus", "right caudate nucleus", "left putamen", "right putamen", "left hippocampus", "right hippocampus",
)  # fmt: skip
PLAUSIBLE_ML = (900.0, 2200.0)  # intracranial volumes of adults, with room on either side


def measure_brain(engine: Engine, encoding: Encoding, scan: Scan) -> tuple[BrainShare, Volumes, bool]:
    """(share, volumes of brain structures, whether the scan is skull-stripped) of a T1-weighted scan of the whole brain.

    Raises InputError when the scan is not one, or shows only a part of the brain.
    """
    volumes = measure_volumes(engine, encoding, (*FLUID, *GREY, *WHITE, *REST))
    mask = stripped_mask(scan)
    stripped = mask is not None
    if mask is None:
        mask = _filled(volumes.labels > 0, scan.spacing)
    brightness = tissue_brightness(scan, mask, volumes.mask(*GREY), volumes.mask(*WHITE))
    share = brain_share(scan, mask, brightness)
    if not share.complete:
        raise InputError(
            "The brain reaches the edge of the field of view, so its volume cannot be told; give a scan of the whole head."
        )
    if not PLAUSIBLE_ML[0] <= share.intracranial_ml <= PLAUSIBLE_ML[1]:
        raise InputError(
            f"The intracranial volume comes out as {share.intracranial_ml:.0f} mL, which no adult's whole head has; "
            "give a scan of the whole head."
        )
    return share, volumes, stripped


def _filled(brain: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """The space that the brain and its fluid span: gaps of up to about 8 mm between labels are inside the skull too."""
    steps = max(1, round(4.0 / float(spacing.min())))
    padded = np.pad(brain, steps)
    closed = ndimage.binary_closing(padded, iterations=steps)
    inner = tuple(slice(steps, -steps) for _ in range(3))
    return ndimage.binary_fill_holes(closed[inner])

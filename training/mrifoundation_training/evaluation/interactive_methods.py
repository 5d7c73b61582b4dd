"""What answers the robot's clicks: ours, and two methods that see intensities alone."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import ndimage
from skimage.segmentation import random_walker

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.refinement import Mark, Refiner
from mrifoundation.engine.refinement.reader import Readers
from mrifoundation.volume import Scan
from mrifoundation.volume.intensity import robust_range
from mrifoundation_training.evaluation.interactive_robot import Click

Method = Callable[[np.ndarray, Sequence[Click]], np.ndarray]
"""The mask so far and all clicks, the newest last → the mask after it; bool [i, j, k] on the scan's own grid."""

VOXELS = 150_000  # of the crop in which the baselines work
CONTRAST = 130.0  # scikit-image's own default for the random walker
STEPS = 200  # of the cellular automaton


def ours(engine: Engine, encoding: Encoding, scan: Scan, prompt: str | None, readers: Readers | None = None) -> Method:
    """This project's refinement, from the answer to `prompt` or from nothing. readers: of the marks, the shipped ones when None."""
    refiner = Refiner(encoding, scan, engine.words(encoding, prompt) if prompt else None, readers)
    placed = []

    def answer(mask: np.ndarray, clicks: Sequence[Click]) -> np.ndarray:
        newest = clicks[-1]
        mark = Mark("point", (newest.voxel,), newest.positive, space="index")
        change, place = refiner.change(mask, placed, mark, drawn=prompt is None)
        placed.append(place)
        after = mask.copy()
        after[change.box] = change.after
        return after

    return answer


def walker(scan: Scan, box: tuple[slice, ...]) -> Method:
    """Random walker on intensities (Grady, IEEE TPAMI 2006; scikit-image) in `box`, whose faces are background."""
    return _in_box(
        scan,
        box,
        lambda image, seeds, spacing: (
            random_walker(image, seeds, beta=CONTRAST, mode="cg_j", spacing=spacing, prob_tol=0.1) == 1
        ),
    )


def grow_cut(scan: Scan, box: tuple[slice, ...]) -> Method:
    """Grow-cut on intensities (Vezhnevets & Konouchine, GraphiCon 2005) in `box`, whose faces are background."""
    return _in_box(scan, box, lambda image, seeds, spacing: _automaton(image, seeds) == 1)


def _in_box(scan: Scan, box: tuple[slice, ...], solve: Callable) -> Method:
    """`solve(image 0…1, seeds 1 | 2 | 0, spacing)` on every n-th voxel of the box, so that it has at most about VOXELS."""
    shape = np.array([b.stop - b.start for b in box])
    step = np.ones(3, dtype=int)
    while np.prod(-(-shape // step)) > VOXELS:
        step[np.argmin(step * scan.spacing)] += 1
    blurred = ndimage.uniform_filter(scan.voxels[box], size=tuple(step)) if step.max() > 1 else scan.voxels[box]
    image = blurred[tuple(slice(None, None, int(n)) for n in step)]
    low, high = robust_range(image)
    image = np.clip((image - low) / max(high - low, 1e-6), 0, 1).astype(np.float64)
    spacing = scan.spacing * step

    def answer(mask: np.ndarray, clicks: Sequence[Click]) -> np.ndarray:
        seeds = np.full(image.shape, 2, dtype=np.int32)
        seeds[tuple(slice(1, -1) if n > 4 else slice(None) for n in image.shape)] = 0
        for click in clicks:
            inside = (np.array(click.voxel) - [b.start for b in box]) // step
            if ((inside >= 0) & (inside < image.shape)).all():
                seeds[tuple(inside)] = 1 if click.positive else 2
        found = solve(image, seeds, tuple(spacing)) if (seeds == 1).any() else seeds == 1
        for axis, n in enumerate(step):
            found = np.repeat(found, int(n), axis=axis)
        after = np.zeros(mask.shape, dtype=bool)
        after[box] = found[tuple(slice(0, int(n)) for n in shape)]
        for click in clicks:
            after[click.voxel] = click.positive
        return after

    return answer


def _automaton(image: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Labels after every seed has attacked its six neighbours until nothing changes (or STEPS are over)."""
    labels, strength = seeds.copy(), (seeds > 0).astype(np.float64)
    for _ in range(STEPS):
        changed = False
        for axis in range(3):
            defence = 1 - np.abs(np.diff(image, axis=axis))
            first, second = [slice(None)] * 3, [slice(None)] * 3
            first[axis], second[axis] = slice(None, -1), slice(1, None)
            for attacker, attacked in ((tuple(first), tuple(second)), (tuple(second), tuple(first))):
                force = strength[attacker] * defence
                wins = force > strength[attacked]
                if wins.any():
                    changed = True
                    labels[attacked] = np.where(wins, labels[attacker], labels[attacked])
                    strength[attacked] = np.where(wins, force, strength[attacked])
        if not changed:
            break
    return labels

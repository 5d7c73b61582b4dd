"""Signs of a lesion in a brain, none of which needs the lesion to be segmented: how much and how surely the network finds of each kind,
what is brighter than every healthy tissue, and how far the two sides differ.

Everything happens on the encoding's working grid. Brightness is counted from the scan's own tissues, so that neither the sequence nor
the scanner matters to the unit.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from mrifoundation.engine import Encoding, Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.measure.mirror import mirrored
from mrifoundation.volume import Scan
from mrifoundation.volume.resample import resample

LESIONS = {
    "tumour": ("enhancing tumor", "non-enhancing tumor", "necrotic tumor core", "peritumoral edema"),
    "white-matter lesion": (
        "multiple sclerosis lesion",
        "left cerebral white matter lesion",
        "right cerebral white matter lesion",
    ),
}
WHITE = ("left cerebral white matter", "right cerebral white matter")
GREY = ("left cerebral cortex", "right cerebral cortex")
DEEP = tuple(
    f"{side} {part}" for part in ("thalamus", "putamen", "caudate nucleus", "hippocampus") for side in ("left", "right")
)
FLUID = (
    "left lateral ventricle",
    "right lateral ventricle",
    "third ventricle",
    "fourth ventricle",
    "cerebrospinal fluid",
)
HIND = (
    "brainstem",
    *(f"{side} cerebellar {part}" for part in ("cortex", "white matter") for side in ("left", "right")),
)
TISSUES = (*WHITE, *GREY, *DEEP, *FLUID, *HIND)
LEAST_ML = 100.0  # of cerebral white matter and cortex together, to call it a brain
FAINT_ML = 0.05  # keeps the logarithm of a volume finite
SUREST_ML = 1.0
RIM_MM = 5.0  # of the brain that is left out: vessels, and what stripping the skull left
OUTLIER = 3.0  # robust deviations
CUT = 0.5  # of a face of the field of view that is brain: a crop, since a whole brain ends in a small patch


@dataclass(frozen=True, eq=False)
class LesionSigns:
    """values: name → number. volumes_ml: kind of lesion → what the network would segment of it if it were in view, mL.

    chance: kind → probability that a voxel belongs to it, float32 [x, y, z] on the encoding's working grid."""

    values: dict[str, float]
    volumes_ml: dict[str, float]
    chance: dict[str, np.ndarray]

    def on_scan(self, kind: str, encoding: Encoding) -> np.ndarray:
        """Where a kind would be outlined, bool [i, j, k] on the scan's own grid."""
        return np.ascontiguousarray(encoding.axes.undo(resample(self.chance[kind], encoding.grid.to_scan()) > 0.5))


def lesion_signs(engine: Engine, encoding: Encoding, scan: Scan) -> LesionSigns:
    """Raises InputError when there is too little brain in view."""
    names = (*TISSUES, *(name for kind in LESIONS.values() for name in kind))
    presence, logits = engine.ungated(encoding, names)
    chances = _compared(logits)
    brain = _brain(chances, encoding)
    rows = {name: n for n, name in enumerate(names)}
    voxel_ml = encoding.grid.spacing**3 / 1000
    values, volumes, maps = {}, {}, {}
    for kind, parts in LESIONS.items():
        here = [rows[name] for name in parts]
        maps[kind] = np.where(brain, chances[here].sum(axis=0), 0)
        volumes[kind] = float((maps[kind] > 0.5).sum()) * voxel_ml
        values |= _of_kind(kind, maps[kind], float(presence[here].max()), voxel_ml)
    values |= _of_brightness(_on_grid(scan, encoding), chances, rows, brain, encoding)
    return LesionSigns(values, volumes, maps)


def _compared(logits: np.ndarray) -> np.ndarray:
    """Softmax over the names and "none of them" (logit 0), float32 [K, x, y, z]."""
    top = np.maximum(logits.max(axis=0), 0)
    shares = np.exp(logits - top)
    return shares / (shares.sum(axis=0) + np.exp(-top))


def _brain(chances: np.ndarray, encoding: Encoding) -> np.ndarray:
    """The convex hull of healthy tissue's largest piece, slice by slice: bool [x, y, z].

    A large tumour at the surface lies inside. Muscle and skin, which a network that saw real tumours in stripped brains only takes for
    tumour, mostly stay outside."""
    tissue = ndimage.binary_opening(chances[: len(TISSUES)].sum(axis=0) > 0.5)
    pieces, count = ndimage.label(tissue)
    if not count:
        raise InputError("No brain was found in this scan; give one of the whole brain.")
    largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    brain = hull_of_slices(largest)
    cerebrum = chances[: len(WHITE) + len(GREY)].sum(axis=0) > 0.5
    if (brain & cerebrum).sum() * encoding.grid.spacing**3 / 1000 < LEAST_ML:
        raise InputError("Too little of a brain is in view to look for lesions; give a scan of the whole brain.")
    faces = [np.take(brain, index, axis=axis).mean() for axis in range(3) for index in (0, -1)]
    if max(faces) > CUT:
        raise InputError(
            "The brain is cut by the edge of the field of view, so sides and tissues cannot be compared; give a scan of the whole brain."
        )
    return brain


def hull_of_slices(mask: np.ndarray) -> np.ndarray:
    """The convex hull of each slice [x, y] of a mask [x, y, z]; a slice whose points span no area stays as it is."""
    filled = mask.copy()
    places = np.stack(np.meshgrid(*map(np.arange, mask.shape[:2]), indexing="ij"), axis=-1).reshape(-1, 2)
    for z in np.flatnonzero(mask.any(axis=(0, 1))):
        try:
            sides = ConvexHull(np.argwhere(mask[:, :, z])).equations
        except QhullError:
            continue
        inside = (places @ sides[:, :2].T + sides[:, 2] <= 1e-6).all(axis=1)
        filled[:, :, z] |= inside.reshape(mask.shape[:2])
    return filled


def _on_grid(scan: Scan, encoding: Encoding) -> np.ndarray:
    return resample(encoding.axes.apply(scan.voxels), encoding.grid.from_scan()).astype(np.float32)


def _of_kind(kind: str, chance: np.ndarray, presence: float, voxel_ml: float) -> dict[str, float]:
    surest = np.sort(chance, axis=None)[-max(1, round(SUREST_ML / voxel_ml)) :].mean()
    return {
        f"log soft volume of {kind}": float(np.log(chance.sum() * voxel_ml + FAINT_ML)),
        f"surest {SUREST_ML:.0f} mL of {kind}": _logit(float(surest)),
        f"presence of {kind}": _logit(presence),
    }


def _logit(chance: float) -> float:
    chance = float(np.clip(chance, 1e-4, 1 - 1e-4))
    return float(np.log(chance / (1 - chance)))


def _of_brightness(image, chances, rows, brain, encoding: Encoding) -> dict[str, float]:
    """What lies above all healthy tissue, how uneven white matter is, and how the sides differ."""
    spacing = encoding.grid.spacing
    white, grey, fluid, deep = (
        chances[[rows[n] for n in part]].sum(axis=0) > 0.5 for part in (WHITE, GREY, FLUID, DEEP)
    )
    if min(white.sum(), grey.sum()) * spacing**3 / 1000 < LEAST_ML / 4:
        raise InputError("Cortex and white matter are not both in view; give a scan of the whole brain.")
    smooth = ndimage.gaussian_filter(image, 1.0 / spacing)
    medians = {name: np.median(smooth[part]) for name, part in (("white", white), ("grey", grey))}
    contrast = max(abs(medians["white"] - medians["grey"]), 1e-3 * max(abs(np.ptp(smooth[brain])), 1e-6))
    inner = ndimage.binary_erosion(brain, iterations=max(1, round(RIM_MM / spacing)))
    spread = 1.4826 * np.median(np.abs(smooth[white] - medians["white"]))
    unit = max(spread, 0.3 * contrast)
    tissues = [part for part in (white, grey, deep, fluid) if (part & inner).any()]
    ceiling = max(np.percentile(smooth[part & inner], 75) for part in tissues if part is not fluid)
    bright = inner & ~fluid & (smooth > ceiling + OUTLIER * unit)
    tails = np.percentile(smooth[white & inner] if (white & inner).any() else smooth[white], (1, 99)) - medians["white"]
    values = {
        "log volume brighter than tissue": _log_ml(bright.sum(), spacing),
        "log largest piece brighter than tissue": _log_ml(_largest(bright), spacing),
        "dark end of white matter": float(-tails[0] / unit),
        "bright end of white matter": float(tails[1] / unit),
    }
    return values | _of_sides(smooth, chances, rows, inner, unit, spacing)


def _of_sides(smooth, chances, rows, inner, unit: float, spacing: float) -> dict[str, float]:
    sides = [
        chances[[rows[name] for name in (*WHITE, *GREY) if name.startswith(side)]].sum(axis=0)
        for side in ("left", "right")
    ]
    broad = ndimage.gaussian_filter(smooth, 3.0 / spacing)
    other, shared = mirrored(broad, inner, *sides)
    apart = np.where(shared, np.abs(broad - other), 0)
    usual = max(float(np.median(apart[shared])) * 1.4826, 0.3 * unit) if shared.any() else unit
    uneven = apart > OUTLIER * usual
    volumes = [max(float(side.sum()), 1.0) for side in sides]
    return {
        "log volume that differs between the sides": _log_ml(uneven.sum() / 2, spacing),
        "log largest piece that differs between the sides": _log_ml(_largest(uneven), spacing),
        "largest difference between the sides": float(np.log(np.percentile(apart[shared], 99.5) / usual))
        if shared.any()
        else 0.0,
        "unevenness of the hemispheres": float(abs(np.log(volumes[0] / volumes[1]))),
    }


def _largest(mask: np.ndarray) -> int:
    pieces, count = ndimage.label(mask)
    return int(np.bincount(pieces.ravel())[1:].max()) if count else 0


def _log_ml(voxels: float, spacing: float) -> float:
    return float(np.log(voxels * spacing**3 / 1000 + FAINT_ML))

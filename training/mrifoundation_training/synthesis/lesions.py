"""Simulated lesions in a labelled healthy brain: spots in the white matter, those of real patients put there, gliomas with their parts."""

from dataclasses import dataclass

import numpy as np
import torch

from mrifoundation_training.synthesis.geometry import smooth_noise

WHITE_MATTER = ("left cerebral white matter", "right cerebral white matter")
SPOTS = {side: f"{side} lesion" for side in WHITE_MATTER}
GLIOMA = ("peritumoral edema", "enhancing tumor", "non-enhancing tumor", "necrotic tumor core")
SCLEROSIS = "multiple sclerosis lesion"
NAMES = frozenset((*SPOTS.values(), SCLEROSIS, *GLIOMA))
# A glioma displaces what it grows into, but in these maps it never fills fluid, vessels or the hindbrain.
SPARED = ("ventricle", "cerebrospinal", "choroid", "vessel", "cerebell", "brainstem", "optic")


@dataclass(frozen=True)
class Diseased:
    """labels: uint8 [i, j, k]; names: of each label, lesions included; hosts: (label of a lesion, label of the tissue it lies in),
    so that the brain is still whole with a lesion in it; unsaid: names that may be neither asked for nor denied, because nobody could
    tell such lesions from those that are there; tumour: whether there is a glioma."""

    labels: torch.Tensor
    names: tuple[str, ...]
    hosts: tuple[tuple[int, int], ...] = ()
    unsaid: frozenset[str] = frozenset()
    tumour: bool = False


def add_lesions(
    rng: np.random.Generator,
    labels: torch.Tensor,
    names: tuple[str, ...],
    brain: np.ndarray,
    spacing: np.ndarray,
    shape: np.ndarray | None,
) -> Diseased:
    """One of the three diseases, as the draw has it. labels: uint8 [i, j, k]; brain: bool [labels], which of them belong to the brain;
    spacing: mm [3]; shape: a real patient's lesions as points (mm) around their centre. Where no cerebral white matter is in view the
    labels come back as they were."""
    white = _white_matter(rng, labels, names)
    if not len(white) or len(names) + len(GLIOMA) > 255:
        return Diseased(labels, names)
    kind = rng.random()
    if kind < 0.35:
        return _glioma(rng, labels.clone(), names, brain, spacing, white[0])
    if kind < 0.75 and shape is not None:
        return _sclerosis(rng, labels.clone(), names, spacing, white.mean(0), shape)
    return _spots(rng, labels.clone(), names, spacing)


def shape_points(lesions: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Points (mm) [n, 3] around their centre that fill the voxels of `lesions` (bool [i, j, k]) at 1 mm or closer."""
    points = np.argwhere(lesions) * spacing
    for axis in range(3):
        count = int(np.ceil(spacing[axis]))
        offsets = np.zeros((count, 1, 3))
        offsets[:, 0, axis] = ((np.arange(count) + 0.5) / count - 0.5) * spacing[axis]
        points = (points + offsets).reshape(-1, 3)
    return (points - points.mean(0)).astype(np.float32)


def _white_matter(rng, labels: torch.Tensor, names, tries: int = 4000) -> np.ndarray:
    """Random voxels [n, 3] of the cerebral white matter; drawing places and looking is far cheaper than listing it all."""
    white = torch.tensor([n for n, name in enumerate(names) if name in WHITE_MATTER])
    places = rng.integers(0, labels.shape, (tries, 3))
    seen = labels[tuple(torch.from_numpy(places[:, axis]).to(labels.device) for axis in range(3))]
    return places[torch.isin(seen.cpu(), white).numpy()]


def _sclerosis(rng, labels: torch.Tensor, names: tuple[str, ...], spacing, centre, shape: np.ndarray) -> Diseased:
    """The lesions of a real patient, where they meet white matter. The spots of age that the map has count among them."""
    spread = rng.uniform(0.85, 1.0, 3) * (rng.choice((-1, 1)), 1, 1)
    place = np.rint(centre + (shape * spread + rng.normal(0, 4, 3)) / spacing).astype(int)
    place = place[((place >= 0) & (place < labels.shape)).all(1)]
    place = tuple(torch.from_numpy(np.ascontiguousarray(place[:, axis])).to(labels.device) for axis in range(3))
    names = tuple(SCLEROSIS if name in SPOTS.values() else name for name in names)
    hosts = [n for n, name in enumerate(names) if name in WHITE_MATTER]
    names = (*names, *(SCLEROSIS for _ in hosts))
    told = dict(zip(hosts, range(len(names) - len(hosts), len(names)), strict=True))
    table = torch.tensor([told.get(n, n) for n in range(256)], dtype=torch.uint8, device=labels.device)
    labels[place] = table[labels[place].long()]
    return Diseased(labels, names, tuple((lesion, host) for host, lesion in told.items()), frozenset(SPOTS.values()))


def _spots(rng, labels: torch.Tensor, names: tuple[str, ...], spacing) -> Diseased:
    """Ellipsoids of 1 to 8 mm, up to some thirty, in the white matter of both sides."""
    hosts, radius = {}, rng.uniform(1.5, 4.0)
    for _ in range(int(rng.integers(1, 32))):
        white = _white_matter(rng, labels, names)
        if not len(white):
            break
        seat = white[0]
        size = np.clip(radius * np.exp(rng.normal(0, 0.4)), 1.0, 8.0)
        ball, box = _ball(rng, labels, seat, size * np.exp(rng.normal(0, 0.25, 3)), spacing, knot=2.0)
        part = labels[box]
        for host in [n for n, name in enumerate(names) if name in WHITE_MATTER]:
            here = (ball < 1) & (part == host)
            if here.any():
                names, lesion = _label_of(names, SPOTS[names[host]])
                hosts[lesion] = host
                part[here] = lesion
    return Diseased(labels, names, tuple(hosts.items()), frozenset({SCLEROSIS}))


def _glioma(rng, labels: torch.Tensor, names: tuple[str, ...], brain: np.ndarray, spacing, seat) -> Diseased:
    """Oedema around a rim that takes up contrast, around necrosis; some grow without either."""
    host = int(labels[tuple(seat)])
    other = "right " if names[host].startswith("left ") else "left "
    filled = [
        n for n, name in enumerate(names)
        if brain[n] and not name.startswith(other) and not any(word in name for word in SPARED)
    ]  # fmt: skip
    radius = rng.uniform(10, 30)
    depth, box = _ball(rng, labels, seat, radius * np.exp(rng.normal(0, 0.15, 3)), spacing, knot=7.0)
    part = labels[box]
    room = torch.isin(part, torch.tensor(filled, dtype=part.dtype, device=part.device))
    core, rim = rng.uniform(0.35, 0.75), rng.uniform(0.1, 0.3)
    shells = [("peritumoral edema", 1.0), ("enhancing tumor", core), ("necrotic tumor core", core * (1 - rim))]
    if rng.random() < 0.3:  # low grade: hardly any uptake, no necrosis
        shells = [("peritumoral edema", 1.0), ("non-enhancing tumor", core)]
    elif rng.random() < 0.4:
        shells.insert(1, ("non-enhancing tumor", min(0.95, core * 1.2)))
    hosts = []
    for name, reach in shells:
        names, lesion = _label_of(names, name)
        hosts.append((lesion, host))
        part[room & (depth < reach)] = lesion
    return Diseased(labels, names, tuple(hosts), tumour=True)


def _ball(rng, labels: torch.Tensor, seat, radii: np.ndarray, spacing: np.ndarray, knot: float):
    """Distance from the seat in units of a wobbling radius (below 1 is inside), and the box of voxels it is given on.
    radii: mm [3]; knot: of the wobble, mm."""
    reach = np.ceil(1.5 * radii / spacing).astype(int)
    box = tuple(slice(max(0, s - r), min(n, s + r + 1)) for s, r, n in zip(seat, reach, labels.shape, strict=True))
    axes = [
        (torch.arange(b.start, b.stop, device=labels.device, dtype=torch.float32) - s) * float(mm / r)
        for b, s, mm, r in zip(box, seat, spacing, radii, strict=True)
    ]
    distance = torch.sqrt(sum(a**2 for a in torch.meshgrid(*axes, indexing="ij")))
    wobble = smooth_noise(rng, 1, distance.shape, max(2.0, knot / float(np.mean(spacing))), labels.device)[0]
    return distance * (1 + 0.2 * wobble).clamp(min=0.6), box


def _label_of(names: tuple[str, ...], name: str) -> tuple[tuple[str, ...], int]:
    """The names with `name` among them, and its label."""
    names = names if name in names else (*names, name)
    return names, names.index(name)

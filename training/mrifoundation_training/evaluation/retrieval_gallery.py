"""The scans that ask and are found, embedded: by a network, and by hand-made features as the baseline."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.disk_cache import DiskCache
from mrifoundation.engine.encoding import encoding_key
from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.room import cache_limit
from mrifoundation.errors import InputError
from mrifoundation.library.likeness import RECIPE, likeness
from mrifoundation.library.region_guess import guess_region
from mrifoundation.library.regions import box_of, found_volumes, structures_of
from mrifoundation.model import FoundationModel
from mrifoundation.volume import Scan
from mrifoundation.volume.intensity import robust_range, scale
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place

BINS = 32
SMALLEST = 27  # voxels of a region
PER_SCAN = 12  # structures of a scan that go into the gallery of regions
TUMOR = "tumor"
SCAN, LIKENESS = "scan", "likeness"


@dataclass(frozen=True, eq=False)
class Embedded:
    """A scan: its vector, by which words find it; its likeness, by which whole scans are compared; regions: name → vector, all tumor labels
    of a scan as the one region `tumor`; volumes: of its labels, mL; guess: of the part of the body."""

    case: Case
    vector: np.ndarray
    likeness: np.ndarray
    regions: dict[str, np.ndarray]
    volumes: dict[str, float]
    guess: str | None = None


class NetworkEmbedder:
    """Embeds with an engine; what was embedded before is kept on disk."""

    def __init__(self, engine: Engine, profile: str, guess: bool = False):
        self._engine = engine
        self._profile = profile
        self._guess = guess
        self._cache = DiskCache(cache_folder("embeddings"), cache_limit())

    def __call__(self, case: Case, scan: Scan, masks: dict[str, np.ndarray]) -> Embedded:
        encoded = encoding_key(scan.content_hash, self._engine.card.model_id, self._profile)
        embedded = _some(masks)
        told = [(name, hashlib.sha256(np.packbits(mask)).hexdigest()) for name, mask in sorted(embedded.items())]
        key = hashlib.sha256(f"{encoded}/{RECIPE}/{told}".encode()).hexdigest()
        stored = self._cache.read(key)
        if stored is None or self._guess:  # how a region is guessed may change while weights and scans do not
            encoding = self._engine.encode(scan, self._profile)
        if stored is None:
            arrays = {
                SCAN: self._engine.embed(encoding),
                LIKENESS: _likeness(self._engine, scan, encoding),
                **_regions(self._engine, encoding, embedded),
            }
            self._cache.write(key, arrays, {})
        else:
            arrays = stored[0]
        guess = guess_region(self._engine, encoding) if self._guess else None
        regions = {name: vector for name, vector in arrays.items() if name not in (SCAN, LIKENESS)}
        return Embedded(case, arrays[SCAN], arrays[LIKENESS], regions, _volumes(scan, masks), guess)


def histogram_embedder(case: Case, scan: Scan, masks: dict[str, np.ndarray]) -> Embedded:
    """Intensity histogram, extent and spacing; of a region its histogram, volume and extent. To be `standardised` over the gallery."""
    scaled = scale(scan.voxels, *robust_range(scan.voxels))
    own = np.concatenate([_histogram(scaled), np.log(scan.spacing * scan.shape), np.log(scan.spacing)])
    regions = {}
    for name, mask in _some(masks).items():
        low_high = np.array(box_of(mask)).reshape(2, 3)
        extent = np.log((low_high[1] - low_high[0]) * scan.spacing)
        regions[name] = np.concatenate([_histogram(scaled[mask]), [np.log(mask.sum() * scan.voxel_ml)], extent])
    return Embedded(case, own, own, regions, _volumes(scan, masks))


def random_engine(engine: Engine, seed: int = 0) -> Engine:
    """The same network with weights that never learned anything."""
    torch.manual_seed(seed)
    model = FoundationModel(engine.card.config).to(engine.device).eval()
    name = f"untrained-seed-{seed}-of-{engine.card.name}"
    return Engine(
        model, replace(engine.card, name=name, sha256=hashlib.sha256(repr(engine.card.config).encode()).hexdigest())
    )


def embed_all(
    cases: Sequence[Case], embedders: dict[str, Callable], vocabulary: Vocabulary, each: Callable[[Case], None]
) -> tuple[dict[str, list[Embedded]], dict[str, str]]:
    """Every case by every embedder, and the cases that could not be read with the reason. `each` is called after every case."""
    found: dict[str, list[Embedded]] = {name: [] for name in embedders}
    skipped = {}
    for case in cases:
        try:
            scan = read_place(case.image)
            masks = region_masks(case, scan, vocabulary)
            embedded = {name: embed(case, scan, masks) for name, embed in embedders.items()}
        except InputError as error:
            skipped[case.id] = str(error)
        else:
            for name, one in embedded.items():
                found[name].append(one)
        each(case)
    return found, skipped


def region_masks(case: Case, scan: Scan, vocabulary: Vocabulary) -> dict[str, np.ndarray]:
    """bool masks of the labelled structures of a case, the tumor first; {} without labels on its grid."""
    if case.labels is None:
        return {}
    labels = np.rint(read_place(case.labels).voxels).astype(np.int32)
    if labels.shape != scan.shape:
        return {}
    tumors = [value for value, name in case.table.items() if is_tumor(name, vocabulary)]
    masks = {TUMOR: np.isin(labels, tumors)} if tumors else {}
    others = [name for name in case.values_of if name in vocabulary and not is_tumor(name, vocabulary)]
    others.sort(key=lambda name: hashlib.sha256(f"{case.id}\n{name}".encode()).hexdigest())
    masks |= {name: np.isin(labels, case.values_of[name]) for name in others}
    return {name: mask for name, mask in masks.items() if np.count_nonzero(mask) >= SMALLEST}


def _some(masks: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Those that go into the gallery of regions, the tumor among them."""
    return dict(list(masks.items())[: PER_SCAN + 1])


def subjects_of(gallery: Sequence[Embedded]) -> list[str]:
    """Whose each scan is."""
    return [one.case.person for one in gallery]


def known(label: str) -> str | None:
    """A label, or None where it only says that nothing is known."""
    return None if label in ("", "unknown", "none") else label


def is_tumor(name: str, vocabulary: Vocabulary) -> bool:
    """Whether a label is a tumor or a part of one; oedema around it is not."""
    lesion = name in vocabulary and vocabulary[name].kind == "lesion"
    return lesion and any(word in name for word in ("tumor", "sarcoma", "cancer")) and "peritumoral" not in name


def _likeness(engine: Engine, scan: Scan, encoding: Encoding) -> np.ndarray:
    """As the library makes it of a scan of which nothing is told: the structures looked for follow from the guess, never from the label."""
    volumes = found_volumes(engine, encoding, structures_of(engine, guess_region(engine, encoding)))
    return likeness(engine.embed(encoding), scan, volumes)


def _volumes(scan: Scan, masks: dict[str, np.ndarray]) -> dict[str, float]:
    return {name: float(np.count_nonzero(mask) * scan.voxel_ml) for name, mask in masks.items()}


def _regions(engine: Engine, encoding: Encoding, masks: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    vectors = {}
    for name, mask in masks.items():
        try:
            vectors[name] = engine.embed(encoding, mask)
        except InputError:  # outside the body crop
            continue
    return vectors


def _histogram(values: np.ndarray) -> np.ndarray:
    counts, _ = np.histogram(values, bins=BINS, range=(-1.25, 1.25))
    return np.sqrt(counts / max(1, counts.sum()))

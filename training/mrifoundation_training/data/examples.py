"""Training examples: a case, a view of it, an image (real or synthesised) and what may be asked. Drawn from (seed, step) alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain

import numpy as np
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.volume.box import bounding_box
from mrifoundation.volume.intensity import body_box, robust_range, scale
from mrifoundation_training.data.ct_tissues import completed, is_completed
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.host_body import HostBody
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.data.stranger import stranger
from mrifoundation_training.data.targets import Askable, askable, swapped_sides
from mrifoundation_training.data.vertebral_levels import with_levels
from mrifoundation_training.data.volumes import CaseVolume, load_case, renamed
from mrifoundation_training.reports.facts import facts_of_case, facts_of_rendering
from mrifoundation_training.synthesis.artefacts import degrade, drop_slices
from mrifoundation_training.synthesis.contrast import SEQUENCES, shares_in
from mrifoundation_training.synthesis.geometry import (
    GeometryRanges,
    View,
    draw_view,
    looked_up,
    near,
    sample_image,
    sample_labels,
    within,
)
from mrifoundation_training.synthesis.lesions import NAMES as LESIONS
from mrifoundation_training.synthesis.lesions import Diseased, add_lesions, shape_points
from mrifoundation_training.synthesis.recolour import recolour
from mrifoundation_training.synthesis.render import render, surrounded

OUTER_FLUID = {"cerebrospinal fluid"}
FOCUS_MARGIN = (3.0, 40.0)  # mm
SLAB_MARGIN = (0.0, 12.0)  # mm
MISSING = 0.04  # of the examples lack slices
BRAIN_KINDS = {"brain", "ventricles and fluid", "lesion"}


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What is looked at and from where, before anybody says how it looks.

    view: of the whole case; near_view: of `source`, the part of the label map in view; drawn: the same with its names (as shown, so
    after a flip) and lesions; declared: names that are labelled when in view; synthetic: the image comes from the labels;
    strip: only the brain is shown; womb: it lies in a mother."""

    view: View
    near_view: View
    source: torch.Tensor
    drawn: Diseased
    declared: frozenset[str]
    synthetic: bool
    strip: bool
    womb: bool

    @property
    def shown(self) -> torch.Tensor:
        """1 where an image of it shows something, else 0 [X, Y, Z]: a scan ends, and what lies beyond is not known. An image that is made
        goes on, of a label map as of a mother."""
        if self.synthetic or self.womb:
            return torch.ones(self.view.shape, device=self.source.device)
        return within(self.source.shape, self.near_view).float()


@dataclass
class Examples:
    """A map-style dataset: item n is the example of draw n, the same whenever and wherever it is drawn.

    strangers: share of the draws that show a body that nobody has, in which nothing is in view."""

    cases: list[Case]
    recipes: dict[str, SourceRecipe]
    geometry: GeometryRanges
    realistic: float = 0.5
    strength: float = 1.0
    seed: int = 0
    device: str = "cpu"
    strangers: float = 0.0
    skipped: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.vocabulary = Vocabulary.load()
        self.by_source: dict[str, list[Case]] = {}
        for case in self.cases:
            if case.labels is not None and case.source in self.recipes:
                self.by_source.setdefault(case.source, []).append(case)
        self.sources = sorted(s for s in self.by_source if not self.recipes[s].lesion_shapes)
        self.lenders = [c for s, cases in self.by_source.items() if self.recipes[s].lesion_shapes for c in cases]
        weight = np.array([self.recipes[s].weight for s in self.sources], dtype=float)
        self.probability = weight / weight.sum()
        self._volume = lru_cache(maxsize=None)(load_case)
        self._plain = lru_cache(maxsize=None)(self._renamed)
        self._levels = lru_cache(maxsize=None)(lambda case: with_levels(self._plain(case)))
        self._completed = lru_cache(maxsize=None)(lambda case: replace(completed(self._plain(case)), image=None))
        self._host = lru_cache(maxsize=None)(self._host_body)
        self._hosted = lru_cache(maxsize=None)(self._in_host)
        self._shape = lru_cache(maxsize=None)(_points_of_lesions)
        self._box = lru_cache(maxsize=None)(self._label_box)
        self._focus = lru_cache(maxsize=None)(self._focus_box)

    def share_volumes(self, other: "Examples") -> None:
        """Keep each case in memory once for both."""
        self._volume = other._volume

    def _lent_shape(self, rng: np.random.Generator) -> np.ndarray | None:
        """Points (mm) of one of the maps that lend their shapes; None where there is none or it cannot be read."""
        if not self.lenders:
            return None
        case = self.lenders[rng.integers(len(self.lenders))]
        try:
            return self._shape(case)
        except InputError as error:
            self.skipped[case.id] = str(error)
            return None

    def __getitem__(self, draw: int) -> Example:
        rng = np.random.default_rng((self.seed, draw))
        if self.strangers and rng.random() < self.strangers:
            return stranger(rng, self.geometry, self.strength, torch.device(self.device))
        while True:
            case = self._drawn(rng)
            if case.id in self.skipped:
                self._check_any_left(case)
                continue
            try:
                volume = self._shown(rng, case)
            except InputError as error:  # one bad file must not end a run of hours; it is counted and named in the log
                self.skipped[case.id] = str(error)
                continue
            return self._example(rng, volume, self._recipe(case))

    def _check_any_left(self, last: Case) -> None:
        """Raises InputError when nothing that could be drawn can be read."""
        if all(case.id in self.skipped for case in self._drawable()):
            raise InputError(
                f"No case that the recipe draws can be read; check its files. Of one it was said: {self.skipped[last.id]}"
            )

    def _shown(self, rng: np.random.Generator, case: Case) -> CaseVolume:
        recipe = self._recipe(case)
        if recipe.levels and rng.random() < recipe.levels:
            return self._levels(case)
        if recipe.hosted and rng.random() < recipe.hosted:
            return self._hosted(case)
        if recipe.completed and case.sequence == "CT" and rng.random() < recipe.completed:
            return self._completed(case)
        return self._plain(case)

    def _renamed(self, case: Case) -> CaseVolume:
        return renamed(self._volume(case), self._recipe(case).rename)

    def _host_body(self, host: str, place: str) -> HostBody:
        case = next((case for case in self.cases if case.id == host), None)
        if case is None:
            raise InputError(f"The recipe sets scans into the body of '{host}', which the manifest does not list.")
        return HostBody.of(completed(self._volume(case)), place)

    def _in_host(self, case: Case) -> CaseVolume:
        recipe = self._recipe(case)
        return self._host(recipe.host, recipe.place).holding(self._plain(case))

    def left_out(self) -> dict[str, str]:
        """Cases that could not be read, with the reason."""
        return self.skipped

    def _drawable(self) -> Iterable[Case]:
        """All that `_drawn` can give."""
        often = zip(self.sources, self.probability, strict=True)
        return chain.from_iterable(self.by_source[source] for source, share in often if share > 0)

    def _drawn(self, rng: np.random.Generator) -> Case:
        source = self.sources[rng.choice(len(self.sources), p=self.probability)]
        cases = self.by_source[source]
        return cases[rng.integers(len(cases))]

    def _recipe(self, case: Case) -> SourceRecipe:
        return self.recipes[case.source]

    def _example(self, rng: np.random.Generator, volume: CaseVolume, recipe: SourceRecipe) -> Example:
        anatomy = self._anatomy(rng, volume, recipe)
        labels = sample_labels(anatomy.source, anatomy.near_view)
        image, native, known = self._image(rng, volume, anatomy, recipe, self.strength)
        return self._padded(rng, image, labels, anatomy, native, volume.case, known)

    def _anatomy(self, rng: np.random.Generator, volume: CaseVolume, recipe: SourceRecipe) -> Anatomy:
        device = torch.device(self.device)
        synthetic = volume.image is None or rng.random() < recipe.synthetic
        strip = synthetic and rng.random() < recipe.skull_strip
        womb = rng.random() < recipe.womb
        view = draw_view(
            rng,
            self.geometry.stretched(recipe.deform, recipe.turned, recipe.restless),
            self._field(rng, volume, recipe, synthetic or womb, strip),
            volume.spacing,
            recipe.flip,
            device,
        )
        source, near_view = near(_tensor(volume.labels, device), view)
        drawn = Diseased(source, volume.names)
        declared = frozenset(volume.case.table.values())
        if synthetic and recipe.lesions:
            if rng.random() < recipe.lesions:
                drawn = add_lesions(
                    rng, source, volume.names, self._brain(volume.names), volume.spacing, self._lent_shape(rng)
                )
            source, declared = drawn.labels, (declared | LESIONS) - drawn.unsaid
        if strip:
            shown = self._brain(drawn.names, fluid=rng.random() < 0.5)
            kept = torch.tensor(np.where(shown, np.arange(len(shown)), 0), dtype=torch.uint8, device=device)
            source = looked_up(kept, source)
        names = drawn.names
        if view.flipped:
            names = swapped_sides(self.vocabulary, names)
            declared = frozenset(swapped_sides(self.vocabulary, tuple(declared)))
        return Anatomy(view, near_view, source, replace(drawn, names=names), declared, synthetic, strip, womb)

    def _image(self, rng: np.random.Generator, volume: CaseVolume, anatomy: Anatomy, recipe: SourceRecipe, strength):
        """The anatomy as one image [X, Y, Z], the native spacing it stands for (mm [3]), and what is known of it."""
        view, near_view, source, names = anatomy.view, anatomy.near_view, anatomy.source, anatomy.drawn.names
        if anatomy.synthetic:
            whole = recipe.whole or is_completed(volume)
            image, sequence = render(
                rng,
                source,
                volume.spacing,
                near_view,
                names,
                whole=whole,
                realistic=self.realistic,
                shares=shares_in(volume.case.region),
                uneven=not recipe.whole,
                womb=anatomy.womb,
            )
            image, native = degrade(rng, image, view.spacing, strength, view.stack)
            tumour = anatomy.drawn.tumour
            return image, native, facts_of_rendering(volume.case, sequence, anatomy.strip, whole, tumour)
        image = near(_tensor(volume.image, source.device), view)[0]
        image = sample_image(image.float(), near_view, volume.spacing)
        if rng.random() < recipe.recolour:
            image = recolour(rng, image, source, near_view, volume.spacing, len(names))
        if anatomy.womb:
            # Its fluid is as bright as the mother's tissues are on the scale of a made image.
            image = image / image.max().clamp(min=1e-6)
            sequence = volume.case.sequence if volume.case.sequence in SEQUENCES else None
            image = surrounded(rng, image, 0.0, source, volume.spacing, near_view, sequence, womb=True)
        image, native = degrade(rng, image, view.spacing, 0.5 * strength, view.stack)
        return image, np.maximum(native, volume.spacing), facts_of_case(volume.case, mirrored=view.flipped)

    def _padded(self, rng, image, labels, anatomy: Anatomy, native, case, known) -> Example:
        image, valid = self._marked(rng, image, anatomy, MISSING)
        present = np.unique(labels.cpu().numpy())
        shown = tuple(name if index in present else "" for index, name in enumerate(anatomy.drawn.names))
        asked = _cached_askable(shown, anatomy.declared, case.region, anatomy.drawn.hosts)
        return Example.framed(image, valid, labels, anatomy.view, native, asked, known, case.id)

    def _marked(self, rng, image: torch.Tensor, anatomy: Anatomy, missing: float) -> tuple[torch.Tensor, torch.Tensor]:
        """The image on its scale and where it shows something, both [X, Y, Z]; missing: chance that some of its slices do not."""
        image = scale(image, *robust_range(image.cpu().numpy()))
        valid = anatomy.shown
        if rng.random() < missing:
            valid = valid * torch.tensor(drop_slices(rng, tuple(image.shape)), device=image.device).float()
        return torch.where(valid > 0, image, -1.0), valid

    def _brain(self, names: tuple[str, ...], fluid: bool = True) -> np.ndarray:
        """Which labels a skull-stripped image keeps: the brain, with or without the fluid around it."""
        left_out = set() if fluid else OUTER_FLUID
        return np.array(
            [n in self.vocabulary and self.vocabulary[n].kind in BRAIN_KINDS and n not in left_out for n in names]
        )

    def _field(
        self, rng, volume: CaseVolume, recipe: SourceRecipe, around: bool, strip: bool
    ) -> tuple[slice, slice, slice]:
        """The box of source voxels to look at; never more than the budget holds at the coarsest spacing. around: something can be
        shown beyond what is labelled."""
        focused = recipe.focus and rng.random() < recipe.focus
        if focused and (close := self._focus(volume, recipe.focus_on)) is not None:
            box = _widened(close, rng.uniform(*FOCUS_MARGIN, (3, 2)), volume)
        elif not around:
            box = body_box(volume.image, volume.spacing)
        else:
            most = np.reshape(recipe.margin_mm, (-1, 1))
            margin = np.full((3, 2), rng.uniform(2, 8)) if recipe.whole else rng.uniform(0.1, 1.0, (3, 2)) * most
            if recipe.slab and rng.random() < recipe.slab:
                margin[rng.integers(3)] = rng.uniform(*SLAB_MARGIN, 2)
            labelled = self._box(volume, strip) or tuple(slice(0, n) for n in volume.labels.shape)
            box = _widened(labelled, margin, volume, beyond=recipe.beyond)
        return _limited(rng, box, volume.spacing, self.geometry.budget[1] * 64.0)

    def _label_box(self, volume: CaseVolume, strip: bool) -> tuple[slice, slice, slice] | None:
        if strip:
            return bounding_box(self._brain(volume.names, fluid=False)[volume.labels])
        return self._focus_box(volume, volume.about)

    def _focus_box(self, volume: CaseVolume, names: tuple[str, ...]) -> tuple[slice, slice, slice] | None:
        return bounding_box(np.isin(volume.names, names)[volume.labels] if names else volume.labels > 0)


def _points_of_lesions(case: Case) -> np.ndarray | None:
    """Points (mm) of all that the map labels; None where it is empty."""
    volume = load_case(case)
    return shape_points(volume.labels > 0, volume.spacing) if volume.labels.any() else None


def _tensor(array: np.ndarray, device) -> torch.Tensor:
    if array.dtype in (np.uint16, np.uint32):
        array = array.astype(np.int32)
    return torch.from_numpy(array).to(device)


def _widened(box, margin, volume: CaseVolume, beyond: bool = False):
    """beyond: also past the end of the map, where all that it labels ends before; what is cut off there would go on in a scan."""
    margin = np.broadcast_to(margin, (3, 2)) / volume.spacing[:, None]
    ends = [(0, n) for n in volume.labels.shape]
    if beyond:
        ends = [
            (0 if b.start == 0 else -np.inf, n if b.stop == n else np.inf) for b, (_, n) in zip(box, ends, strict=True)
        ]
    return tuple(
        slice(int(max(low, np.trunc(b.start - m[0]))), int(min(high, np.ceil(b.stop + m[1]))))
        for b, m, (low, high) in zip(box, margin, ends, strict=True)
    )


def _limited(rng, box, spacing, largest_mm3: float):
    length = np.array([(b.stop - b.start) * s for b, s in zip(box, spacing, strict=True)])
    while np.prod(length) > largest_mm3:
        axis = int(np.argmax(length))
        length[axis] *= 0.9
    limited = []
    for b, kept, s in zip(box, length, spacing, strict=True):
        count = min(b.stop - b.start, max(1, round(kept / s)))
        start = b.start + int(rng.integers(0, b.stop - b.start - count + 1))
        limited.append(slice(start, start + count))
    return tuple(limited)


@lru_cache(maxsize=20_000)
def _cached_askable(names: tuple[str, ...], declared: frozenset[str], region: str, hosts) -> Askable:
    return askable(Vocabulary.load(), names, declared, region, hosts)

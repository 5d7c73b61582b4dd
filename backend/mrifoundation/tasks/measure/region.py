"""Which part of the body a scan shows, told by the structures in view."""

from dataclasses import dataclass

from mrifoundation.engine import Encoding, Engine
from mrifoundation.tasks.measure.volumes import measure_volumes

# Structures that are large, common in scans of a region and rare elsewhere.
LANDMARKS: dict[str, tuple[str, ...]] = {
    "brain": ("left cerebral white matter", "right cerebral white matter", "cerebellum"),
    "heart": (
        "left ventricle cavity of the heart",
        "right ventricle cavity of the heart",
        "left ventricular myocardium",
    ),
    "abdomen": ("liver", "spleen", "left kidney", "right kidney"),
    "knee": ("femoral cartilage", "tibial cartilage", "patella"),
    "prostate": ("prostate peripheral zone", "prostate transition zone"),
    "spine": ("vertebral body", "intervertebral disc", "spinal canal"),
    "fetal brain": ("fetal brain",),
}
LEAST_ML = 0.5


@dataclass(frozen=True)
class Regions:
    """seen: region → share of its landmarks in view, the best first. names: the landmarks in view."""

    seen: dict[str, float]
    names: tuple[str, ...]

    @property
    def best(self) -> str | None:
        """The region most of whose landmarks are in view; None when nothing is."""
        return next(iter(self.seen), None)

    def shows(self, region: str) -> bool:
        """Whether at least half of the region's landmarks are in view."""
        return self.seen.get(region, 0.0) >= 0.5


def regions_in_view(engine: Engine, encoding: Encoding) -> Regions:
    """Ask for the landmarks of every region that the weights know."""
    asked = {region: [name for name in names if _known(engine, name)] for region, names in LANDMARKS.items()}
    volumes = measure_volumes(engine, encoding, [name for names in asked.values() for name in names])
    found = {name: one for name, one in volumes.structures.items() if one.volume_ml >= LEAST_ML}
    share = {region: sum(name in found for name in names) / len(names) for region, names in asked.items() if names}
    presence = {region: sum(found[name].presence for name in names if name in found) for region, names in asked.items()}
    ordered = sorted(
        (region for region in share if share[region] > 0), key=lambda region: (-share[region], -presence[region])
    )
    return Regions({region: share[region] for region in ordered}, tuple(found))


def _known(engine: Engine, name: str) -> bool:
    return name in engine.vocabulary and engine.knows(engine.vocabulary[name])

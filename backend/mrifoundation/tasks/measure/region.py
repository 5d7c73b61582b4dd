"""Which part of the body a scan shows, told by the structures in view."""

from dataclasses import dataclass

from mrifoundation.anatomy import Vocabulary
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
    """seen: region → how many of its landmarks are in view, and of how many asked for; the best first. names: landmarks in view."""

    seen: dict[str, tuple[int, int]]
    names: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """Regions of which at least half of the landmarks are in view: a short-axis scan of the heart often shows the liver as well."""
        half = [region for region, (found, asked) in self.seen.items() if 2 * found >= asked]
        return tuple(region for region in half if _gives_way_to(region) not in half)

    def shows(self, region: str) -> bool:
        return region in self.shown


def regions_in_view(engine: Engine, encoding: Encoding) -> Regions:
    """Ask for the landmarks of every region that the weights know."""
    asked = {region: [name for name in names if _known(engine, name)] for region, names in LANDMARKS.items()}
    volumes = measure_volumes(engine, encoding, [name for names in asked.values() for name in names])
    found = {name: one for name, one in volumes.structures.items() if one.volume_ml >= LEAST_ML}
    seen = {region: [found[name] for name in names if name in found] for region, names in asked.items()}
    # Most of the landmarks, then the surest ones.
    score = {
        region: (len(hits) / len(asked[region]), sum(one.presence for one in hits) / len(hits))
        for region, hits in seen.items()
        if hits
    }
    ordered = sorted(score, key=score.get, reverse=True)
    return Regions({region: (len(seen[region]), len(asked[region])) for region in ordered}, tuple(found))


def _known(engine: Engine, name: str) -> bool:
    return name in engine.vocabulary and engine.knows(engine.vocabulary[name])


def _gives_way_to(region: str) -> str | None:
    """A fetal brain looks enough like a grown one that both are found; the second is believed where its own structures are in view."""
    vocabulary = Vocabulary.load()
    return vocabulary[region].gives_way_to if region in vocabulary else None

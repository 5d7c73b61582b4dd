"""What kind of scan this is: region by the structures in view, plane by its geometry, sequence and contrast agent by words."""

from dataclasses import asdict, dataclass

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.tasks.classify.head import softmax
from mrifoundation.tasks.measure.region import Regions
from mrifoundation.tasks.measure.volumes import plane_of
from mrifoundation.volume import Scan

SEQUENCES = {
    "T1": "T1-weighted MRI.",
    "T1 with contrast agent": "Contrast-enhanced T1-weighted MRI.",
    "T2": "T2-weighted MRI.",
    "FLAIR": "FLAIR MRI.",
    "PD": "Proton-density-weighted MRI.",
    "cine": "Short-axis cine MRI of the heart.",
}
SURE = 0.8  # least probability from which a sequence is named; of training scans wrong guesses reach 0.61, right ones mostly pass 0.9


@dataclass(frozen=True)
class ScanKind:
    """region and plane; sequence: guessed, None when the weights cannot read words or no sentence stands out; contrast_agent likewise."""

    region: str | None
    plane: str
    sequence: str | None
    sequence_probability: float | None
    contrast_agent: bool | None

    def to_dict(self) -> dict:
        return asdict(self)


def kind_of(engine: Engine, encoding: Encoding, scan: Scan, regions: Regions) -> ScanKind:
    """Region and plane are measured; sequence and contrast agent are a guess by the nearest of a few sentences."""
    plane = plane_of(scan.affine)
    if not engine.reads_text:
        return ScanKind(regions.best, plane, None, None, None)
    here = engine.embed(encoding)
    similar = np.array([engine.embed_text(sentence) @ here for sentence in SEQUENCES.values()])
    chance = softmax(engine.text_scale * similar)
    best = int(np.argmax(chance))
    if chance[best] < SURE:
        return ScanKind(regions.best, plane, None, round(float(chance[best]), 3), None)
    name = list(SEQUENCES)[best]
    agent = "contrast agent" in name
    return ScanKind(regions.best, plane, name.split(" with ")[0], round(float(chance[best]), 3), agent)

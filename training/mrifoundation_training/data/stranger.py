"""An example in which nothing is in view: a body that nobody has."""

import numpy as np
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.volume.intensity import robust_range, scale
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.targets import nothing_of
from mrifoundation_training.synthesis.artefacts import degrade
from mrifoundation_training.synthesis.geometry import GeometryRanges, draw_view
from mrifoundation_training.synthesis.strange_body import draw_sequence, draw_size, strange_body

CASE_ID = "nobody"


def stranger(rng: np.random.Generator, geometry: GeometryRanges, strength: float, device: torch.device) -> Example:
    """Everything but lesions may be asked of it, and nothing of it is there. strength: as of `degrade`."""
    box = tuple(slice(0, int(length)) for length in draw_size(rng))
    view = draw_view(rng, geometry, box, np.ones(3), False, device)
    image = strange_body(rng, view.shape, draw_sequence(rng), device)
    image, native = degrade(rng, image, view.spacing, strength, view.stack)
    image = scale(image, *robust_range(image.cpu().numpy()))
    labels = torch.zeros_like(image, dtype=torch.uint8)
    return Example.framed(
        image, torch.ones_like(image), labels, view, native, nothing_of(Vocabulary.load()), {}, CASE_ID
    )

"""One training example."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.volume.box import bounding_box
from mrifoundation_training.data.targets import Askable
from mrifoundation_training.reports.facts import Facts, facts_of_slices
from mrifoundation_training.synthesis.geometry import View


@dataclass(frozen=True)
class Example:
    """image, valid: float32 [X, Y, Z]; labels: uint8 [X, Y, Z]; spacing: float32 [4] as the network takes it; what may be
    asked; what is known of it."""

    image: torch.Tensor
    valid: torch.Tensor
    labels: torch.Tensor
    spacing: torch.Tensor
    askable: Askable
    facts: Facts
    case_id: str

    @property
    def unpadded(self) -> tuple[slice, ...]:
        """The part of the arrays that is shown, without the padding after it."""
        return tuple(slice(0, part.stop) for part in bounding_box(self.valid.numpy() > 0))

    @property
    def affine(self) -> np.ndarray:
        """Index → mm, as if it were a scan of its own."""
        return np.diag([*[float(self.spacing[0])] * 3, 1.0])

    @classmethod
    def framed(
        cls,
        image: torch.Tensor,
        valid: torch.Tensor,
        labels: torch.Tensor,
        view: View,
        native: np.ndarray,
        asked: Askable,
        known: dict[str, str],
        case_id: str,
    ) -> "Example":
        """What a view shows, padded to what the network takes. native: spacing that the image stands for, mm [3]."""
        names = np.array(asked.names, dtype=object)
        return cls(
            F.pad(image, view.padding, value=-1.0),
            F.pad(valid, view.padding),
            F.pad(labels, view.padding),
            torch.tensor([view.spacing, *native], dtype=torch.float32),
            asked,
            Facts(known | facts_of_slices(native), frozenset(names[~asked.absent]), frozenset(names[asked.absent])),
            case_id,
        )

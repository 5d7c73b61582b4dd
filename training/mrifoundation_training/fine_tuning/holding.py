"""What a network knew, held while it learns something more: it must go on answering on the same scans as it did before.

Li and Hoiem, Learning without Forgetting, 2016.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.model import Features, FoundationModel

AT_ONCE = 32  # names in view that are asked in a step


class Holding:
    """The answers of the network as it was. names: of all that it was taught and shall go on knowing."""

    @torch.no_grad()
    def __init__(self, before: FoundationModel, names: Sequence[str]):
        self._before = before
        self._query = before.query_names(list(names))

    @torch.no_grad()
    def answers(self, image: torch.Tensor, valid: torch.Tensor, spacing: torch.Tensor) -> Features:
        """What the network as it was makes of a scan; as `FoundationModel.encode`."""
        return self._before.encode(image, valid, spacing)

    def loss(self, now: Features, then: Features, cells: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """How far the network has come from where it was: over the voxels of structures in view (over their features where none is), over
        presence, and over the embedding.

        cells: rows of the sampled ones [m]. The queries are the same now and then; only what they are held against has moved."""
        seen = self._presence(then)
        moved = _divergence(self._presence(now), seen).mean() + 1 - (now.pooled * then.pooled).sum()
        features = [one.voxel[0].flatten(1).T[cells] for one in (now, then)]
        rows = torch.nonzero(seen > 0)[:, 0].tolist()
        if not rows:
            return moved + F.mse_loss(*features)
        query = self._query[sorted(rng.permutation(rows)[:AT_ONCE].tolist())]
        return moved + _divergence(*(self._before.head.logits(one, query) for one in features)).mean((0, 2)).sum()

    def _presence(self, features: Features) -> torch.Tensor:
        return self._before.presence(features.tokens[0].float(), features.share[0].float(), self._query)


def _divergence(now: torch.Tensor, then: torch.Tensor) -> torch.Tensor:
    """Kullback–Leibler divergence of yes and no, from logits; 0 where both agree."""
    target = then.sigmoid()
    return F.binary_cross_entropy_with_logits(now, target, reduction="none") - F.binary_cross_entropy_with_logits(
        then, target, reduction="none"
    )

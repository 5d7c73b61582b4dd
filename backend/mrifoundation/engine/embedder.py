"""Embeddings of scans, of regions in them, and of sentences: unit vectors that can be compared with each other."""

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.engine.encoding import Encoding
from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel
from mrifoundation.volume.adapt import STRIDE
from mrifoundation.volume.resample import resample


class Embedder:
    """Embeds with one model."""

    def __init__(self, model: FoundationModel):
        self._model = model

    @torch.inference_mode()
    def embed(self, encoding: Encoding, mask: np.ndarray | None = None) -> np.ndarray:
        """float32 [D] of the scan, or of the region under `mask`, bool [i, j, k] on the scan's own grid.

        Raises InputError for a mask of another shape or without any voxel."""
        if mask is None:
            return encoding.pooled.cpu().numpy()
        return self.embed_tokens(encoding, torch.from_numpy(region_share(encoding, mask)))

    @torch.inference_mode()
    def embed_tokens(self, encoding: Encoding, weight: torch.Tensor) -> np.ndarray:
        """float32 [D], with a weight of each token, float32 [T]."""
        return self._model.embed_tokens(encoding.tokens, weight.to(encoding.tokens.device)).cpu().numpy()

    @property
    def text_scale(self) -> float:
        """The learned scale of similarities; 1 when the weights were not trained on words."""
        return float(self._model.report.scale.detach().exp()) if self._model.reads_text else 1.0

    @torch.inference_mode()
    def embed_text(self, text: str) -> np.ndarray:
        """float32 [D] of a sentence or report. Raises InputError when the weights were not trained on words."""
        if not self._model.reads_text:
            raise InputError("These weights cannot compare scans with words; use weights that were trained on reports.")
        from mrifoundation.model.text_tower import TextTower  # a large import that images never need

        return self._model.embed_text(torch.from_numpy(TextTower.load().embed([text])))[0].cpu().numpy()


def region_share(encoding: Encoding, mask: np.ndarray) -> np.ndarray:
    """How much of a region lies in each token: float32 [T], from a bool mask [i, j, k] on the scan's own grid."""
    if mask.shape != tuple(encoding.shape):
        raise InputError(
            f"The region has the shape {mask.shape} and the scan {tuple(encoding.shape)}; mark it on the same scan."
        )
    if not mask.any():
        raise InputError("The region is empty; mark at least one voxel.")
    canonical = encoding.axes.apply(mask).astype(np.float32)
    working = resample(canonical, encoding.grid.from_scan())
    pad = [
        n for to, of in zip(encoding.grid.padded_shape[::-1], working.shape[::-1], strict=True) for n in (0, to - of)
    ]
    share = F.avg_pool3d(F.pad(torch.from_numpy(working), pad)[None, None], STRIDE).flatten().numpy()
    if share.sum() <= 0:
        raise InputError("The region lies outside the body that the scan shows; mark it on the anatomy.")
    return share

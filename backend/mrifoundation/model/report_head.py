"""Scans, regions and sentences in one space, where a sentence lies near the scans that it is true of."""

import torch
from torch import nn

from mrifoundation.model.config import NetworkConfig
from mrifoundation.model.pooling import pool


class ReportHead(nn.Module):
    """Projections into the common space, with the scale and bias that turn a similarity into the logit that a sentence is true.

    The sigmoid form judges each pair by itself (Zhai et al., SigLIP, 2023), so that many sentences may be true of one scan.
    """

    def __init__(self, config: NetworkConfig):
        super().__init__()
        d = config.embed_dim
        self.token = nn.Sequential(nn.Linear(config.channels[3], 2 * d), nn.GELU())
        self.scan = nn.Linear(2 * d, d)
        self.text = nn.Sequential(nn.Linear(config.text_dim, 2 * d), nn.GELU(), nn.Linear(2 * d, d))
        self.scale = nn.Parameter(torch.tensor(1.6))
        self.bias = nn.Parameter(torch.tensor(-1.0))

    def embed_tokens(self, tokens: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """tokens [..., T, D] pooled with weight [..., T] (what is real, or a region's share of each token) → unit vectors [..., d]."""
        return nn.functional.normalize(self.scan(pool(self.token(tokens), weight)), dim=-1)

    def embed_text(self, sentences: torch.Tensor) -> torch.Tensor:
        """Sentence embeddings [..., text_dim] → unit vectors [..., d]."""
        return nn.functional.normalize(self.text(sentences), dim=-1)

    def truth(self, scans: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
        """Logits [n, m] that each text [m, d] is true of each scan [n, d]."""
        return self.scale.exp() * (scans @ texts.T) + self.bias

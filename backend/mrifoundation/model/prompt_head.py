"""From a prompt to a query: weights held against voxel features, and a presence score held against tokens."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from mrifoundation.model.config import NetworkConfig
from mrifoundation.model.subvoxel import SUBVOXELS


@dataclass(frozen=True)
class Query:
    """What K prompts ask.

    weights: [K, C, 8], one column per sub-voxel of a cell; bias: [K]; vectors: [K, D], asked of the tokens.
    """

    weights: torch.Tensor
    bias: torch.Tensor
    vectors: torch.Tensor

    def __len__(self) -> int:
        return len(self.bias)

    def __getitem__(self, rows: list[int]) -> "Query":
        """The query of some of the prompts."""
        return Query(self.weights[rows], self.bias[rows], self.vectors[rows])


class PromptHead(nn.Module):
    """Sentences and known names become queries.

    A known structure's query is what its name's sentence embedding gives plus a correction learned for it alone, of the hidden
    vector and of the weights themselves; a free sentence has no correction. The correction tells apart names that a sentence
    encoder finds nearly equal (left and right). It acts on the weights because a small structure's faint gradients would drown in
    layers that all names share, while a row of its own gets an optimiser step of its own.
    """

    def __init__(self, config: NetworkConfig):
        super().__init__()
        d = config.query_dim
        self.channels = config.features
        self.text = nn.Sequential(nn.Linear(config.text_dim, d), nn.GELU(), nn.Linear(d, d))
        self.correction = nn.Embedding(max(1, len(config.names)), d)
        self.own_weights = nn.Embedding(max(1, len(config.names)), self.channels * SUBVOXELS)
        nn.init.normal_(self.correction.weight, std=0.5)
        nn.init.normal_(self.own_weights.weight, std=0.3)
        self.norm = nn.LayerNorm(d)
        self.weights = nn.Linear(d, self.channels * SUBVOXELS)
        nn.init.normal_(self.weights.weight, std=0.2)
        self.bias = nn.Linear(d, 1)
        nn.init.constant_(self.bias.bias, -2.0)
        tokens = config.channels[3]
        self.presence_key, self.presence_value = nn.Linear(tokens, d), nn.Linear(tokens, d)
        self.presence_query, self.presence_bias = nn.Linear(d, 2 * d), nn.Linear(d, 1)
        self.presence_trust = nn.Linear(d, 1) if config.lesions else None
        for parameter in self.presence_trust.parameters() if config.lesions else ():
            nn.init.zeros_(parameter)

    def query(self, text: torch.Tensor, rows: torch.Tensor | None = None, keep: torch.Tensor | None = None) -> Query:
        """text: sentence embeddings [K, text_dim]; rows: row of each known name [K], -1 for free sentences;
        keep: [K] 0/1, where 0 leaves the correction out (training asks so now and then, so that free text works too)."""
        hidden, own = self.text(text), 0.0
        if rows is not None:
            known = (rows >= 0).to(hidden.dtype) * (1 if keep is None else keep.to(hidden.dtype))
            hidden = hidden + self.correction(rows.clamp(min=0)) * known[:, None]
            own = self.own_weights(rows.clamp(min=0)) * known[:, None]
        # Unit length, not unit variance: else one optimiser step through these layers moves a query by more than the query is long.
        hidden = self.norm(hidden) / math.sqrt(hidden.shape[1])
        weights = (self.weights(hidden) + own).view(-1, self.channels, SUBVOXELS)
        return Query(weights, self.bias(hidden)[:, 0], hidden)

    def logits(self, features: torch.Tensor, query: Query) -> torch.Tensor:
        """features: cells [n, C] → logits [n, K, 8]: one thin matrix product."""
        k, c, s = query.weights.shape
        flat = query.weights.permute(1, 0, 2).reshape(c, k * s) / math.sqrt(c)
        return (features @ flat).view(-1, k, s) + query.bias[None, :, None]

    def presence(
        self, tokens: torch.Tensor, share: torch.Tensor, query: Query, surest: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Logit that each structure is in view: tokens [T, D], share of real data [T] → [K]. Attention over real tokens only.

        surest: mean logit of each one's surest voxels [K], which counts as far as the prompt trusts it; 0 says nothing."""
        asks, wants = self.presence_query(query.vectors).chunk(2, dim=1)
        scale = 1 / math.sqrt(asks.shape[1])
        score = (asks @ self.presence_key(tokens).T * scale).masked_fill(share[None] <= 0, float("-inf"))
        found = score.softmax(1) @ self.presence_value(tokens)
        seen = (found * wants).sum(1) * scale + self.presence_bias(query.vectors)[:, 0]
        if surest is None or self.presence_trust is None:
            return seen
        return seen + self.presence_trust(query.vectors)[:, 0] * surest

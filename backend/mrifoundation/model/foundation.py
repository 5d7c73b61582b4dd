"""The foundation model: encode a scan once, then hold queries against it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from mrifoundation.model.config import NetworkConfig
from mrifoundation.model.network import Network
from mrifoundation.model.pooling import pool
from mrifoundation.model.prompt_head import PromptHead, Query
from mrifoundation.model.report_head import ReportHead
from mrifoundation.model.subvoxel import SUBVOXELS, to_voxels

IN_VIEW_VOXELS = 8  # working voxels from which a structure counts as in view


@dataclass(frozen=True)
class Features:
    """What one forward pass gives.

    voxel: [B, C, X/2, Y/2, Z/2], normalised over channels, one vector a cell of 2×2×2 working voxels.
    tokens: [B, T, D]; share: real data in each token [B, T]; pooled: scan embedding [B, D], unit length.
    """

    voxel: torch.Tensor
    tokens: torch.Tensor
    share: torch.Tensor
    pooled: torch.Tensor


class FoundationModel(nn.Module):
    """Network and prompt head, with the sentence embeddings of the names it knows (so a known name needs no text tower)."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        self.network = Network(config)
        self.head = PromptHead(config)
        self.report = ReportHead(config) if config.embed_dim else None
        self.register_buffer("name_text", torch.zeros(max(1, len(config.names)), config.text_dim))
        self._row = {name: row for row, name in enumerate(config.names)}

    @property
    def device(self) -> torch.device:
        return self.name_text.device

    def knows(self, name: str) -> bool:
        """Whether `name` has a learned query of its own."""
        return name in self._row

    def encode(self, image: torch.Tensor, valid: torch.Tensor, spacing_mm: torch.Tensor) -> Features:
        """image [B, 1, X, Y, Z] scaled as `volume.adapt` does, valid likewise (1 = real), sizes multiples of 16;
        spacing_mm [B, 4]: working spacing, then the scan's own spacing along the canonical axes."""
        return self.features(*self.network(image, valid.to(image.dtype), spacing_mm))

    def features(self, voxel: torch.Tensor, tokens: torch.Tensor, share: torch.Tensor) -> Features:
        """Normalise and pool what the network returned (whichever runtime ran it)."""
        voxel = voxel.permute(0, 2, 3, 4, 1)
        voxel = nn.functional.layer_norm(voxel.float(), voxel.shape[-1:]).permute(0, 4, 1, 2, 3)
        return Features(voxel, tokens, share, self.embed_tokens(tokens.float(), share.float()))

    @property
    def reads_text(self) -> bool:
        """Whether scans and sentences share a space, so that they can be compared."""
        return self.report is not None

    def embed_tokens(self, tokens: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """The embedding of a scan, or of the region where `weight` lies: tokens [..., T, D], weight [..., T] (≥ 0) → unit vectors."""
        return self.report.embed_tokens(tokens, weight) if self.reads_text else pool(tokens, weight)

    def embed_text(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Sentence embeddings [K, text_dim] → unit vectors in the space of the scans; only where `reads_text`."""
        return self.report.embed_text(embeddings.to(self.device, self.name_text.dtype))

    def rivals(self, names: Collection[str]) -> tuple[str, ...]:
        """What can hold no voxel of any of `names`: all that was learned beside them, in the family of most cases that holds them all.

        Other families draw their borders by other rules, so theirs are no rivals."""
        rows = {self._row[name] for name in names if name in self._row}
        family = next((one for one in self.config.families if rows <= set(one)), ())
        return tuple(self.config.names[row] for row in family if row not in rows and row not in self.config.yielding)

    def taught(self, name: str) -> bool:
        """Whether `name` was a label of its own in some source, and not only the union of others."""
        return any(self._row.get(name) in family for family in self.config.families)

    def taught_together(self, names: Sequence[str]) -> int:
        """How common a source is that labels all of `names`: 1 for the rarest, more for commoner ones, 0 where none does."""
        rows = {self._row.get(name) for name in names}
        common = (
            len(self.config.families) - n for n, family in enumerate(self.config.families) if rows.issubset(family)
        )
        return max(common, default=0)

    def rows(self, names: list[str]) -> torch.Tensor:
        """Row of each known name; -1 for others."""
        return torch.tensor([self._row.get(name, -1) for name in names], device=self.device)

    def query_names(self, names: list[str], keep: torch.Tensor | None = None) -> Query:
        """Queries of known names; raises KeyError for an unknown one."""
        rows = torch.tensor([self._row[name] for name in names], device=self.device)
        return self.head.query(self.name_text[rows], rows, keep)

    def query_text(self, embeddings: torch.Tensor) -> Query:
        """Queries of free sentences from their embeddings [K, text_dim]."""
        return self.head.query(embeddings.to(self.device, self.name_text.dtype))

    def logits(self, voxel: torch.Tensor, query: Query) -> torch.Tensor:
        """voxel features of one scan [C, x, y, z] → logits on the working grid [K, 2x, 2y, 2z]."""
        c, *size = voxel.shape
        cells = self.head.logits(voxel.reshape(c, -1).T.to(query.weights.dtype), query)
        return to_voxels(cells.permute(1, 2, 0).reshape(len(query), SUBVOXELS, *size))

    def presence(
        self, tokens: torch.Tensor, share: torch.Tensor, query: Query, surest: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Logits [K] that each structure is in view, from one scan's tokens [T, D] and their share [T].

        surest: what `surest` gives [K], for names in `local`; 0 for others."""
        return self.head.presence(tokens, share, query, surest)

    def close_up(self, place: int) -> tuple[str, ...]:
        """The names of one of the config's `close_ups`."""
        return tuple(self.config.names[row] for row in self.config.close_ups[place])

    def local(self, names: Sequence[str]) -> list[int]:
        """Which of `names` may be too small for tokens to see, so that their presence wants a look at the voxels: places in `names`."""
        return [place for place, name in enumerate(names) if self._row.get(name) in self.config.lesions]


def surest(logits: torch.Tensor) -> torch.Tensor:
    """Mean of the highest logits of each structure, as many as make it count as in view: [K, n] → [K]."""
    return logits.topk(min(IN_VIEW_VOXELS, logits.shape[1]), dim=1).values.float().mean(1)

"""The sizes of a network; stored in the card beside its weights."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkConfig:
    """channels: width of each resolution level, finest (2 working voxels) to coarsest (16 working voxels).
    blocks: residual blocks per encoder level. refine: further ones per decoder level, after the one that merges.
    features: channels C of the voxel features. neck_layers, neck_heads: the transformer over the coarse tokens.
    query_dim: width of the prompt's hidden vector. text_dim: width of the sentence embedding.
    embed_dim: width of the space that scans and sentences share; 0 for weights that never saw words, whose scan embedding is the plain
    mean of the tokens.
    names: structures with a learned query of their own, in the order of their rows. families: rows of names that one source labelled
    side by side, so that they never overlap; those of most cases first. yielding: rows of names that take nothing from their family.
    lesions: rows of names whose presence is read from the voxels too: tokens are too coarse to see most of them.
    close_ups: rows of names that one source labelled side by side and that were learned from close by as well.

    Widths are multiples of 32: CPU matrix units in bfloat16 run such convolutions several times faster than 24 or 48 channels.
    """

    channels: tuple[int, ...] = (32, 64, 128, 256)
    blocks: tuple[int, ...] = (1, 1, 2, 1)
    refine: tuple[int, ...] = (0, 0, 0)
    features: int = 64
    neck_layers: int = 2
    neck_heads: int = 4
    query_dim: int = 256
    text_dim: int = 384
    embed_dim: int = 0
    names: tuple[str, ...] = ()
    families: tuple[tuple[int, ...], ...] = ()
    yielding: tuple[int, ...] = ()
    lesions: tuple[int, ...] = ()
    close_ups: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self):
        for field in ("channels", "blocks", "refine", "names", "yielding", "lesions"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        for field in ("families", "close_ups"):
            object.__setattr__(self, field, tuple(map(tuple, getattr(self, field))))
        if len(self.channels) != 4 or len(self.blocks) != 4 or len(self.refine) != 3:
            raise ValueError("A network has four levels: give four channels, four block counts, and three to refine.")

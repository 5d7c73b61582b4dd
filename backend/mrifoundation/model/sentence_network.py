"""The network of all-MiniLM-L6-v2, built from PyTorch's own layers.

The libraries that usually load it are not imported: they take five seconds or more to start, and the first words a person types wait
for them. Its published weights are fixed by their checksum (text_tower.py), and so is the network.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

WIDTH, HEADS, LAYERS, TOKENS, POSITIONS = 384, 12, 6, 30522, 512

# The name of a part in the published file → here; query, key and value are one weight here.
PARTS = {
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}


class SentenceNetwork(nn.Module):
    """Tokens → one unit vector a sentence: the mean of what the last layer makes of them. Source: Devlin et al., BERT, 2019."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(TOKENS, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, dropout=0.0, activation="gelu", layer_norm_eps=1e-12, batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)

    def forward(self, tokens: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """tokens: int64 [sentences, length]; present: bool of the same shape, False where a shorter sentence was filled up.
        float32 [sentences, 384]."""
        states = self.norm(self.words(tokens) + self.positions.weight[: tokens.shape[1]])
        states = self.encoder(states, src_key_padding_mask=~present)
        total = torch.where(present[..., None], states, 0.0).sum(1)
        return nn.functional.normalize(total / present.sum(1, keepdim=True), dim=1)


def load(weights: Path) -> SentenceNetwork:
    """From the published model.safetensors."""
    network = SentenceNetwork().eval()
    network.load_state_dict(_renamed(load_file(weights)))
    return network


def _renamed(published: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    kind_of_sentence = published["embeddings.token_type_embeddings.weight"][0]  # the same for every token
    named = {
        "words.weight": published["embeddings.word_embeddings.weight"] + kind_of_sentence,
        "positions.weight": published["embeddings.position_embeddings.weight"],
    }
    for kind in ("weight", "bias"):
        named[f"norm.{kind}"] = published[f"embeddings.LayerNorm.{kind}"]
        for number in range(LAYERS):
            theirs, ours = f"encoder.layer.{number}.", f"encoder.layers.{number}."
            asked = [published[f"{theirs}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            named[f"{ours}self_attn.in_proj_{kind}"] = torch.cat(asked)
            for part, own in PARTS.items():
                named[f"{ours}{own}.{kind}"] = published[f"{theirs}{part}.{kind}"]
    return named

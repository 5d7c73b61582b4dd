"""Image–report stage: a scan's embedding lies near the sentences that are true of it and far from those that are not."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.errors import InputError
from mrifoundation.model import Features, FoundationModel
from mrifoundation_training.data.example import Example
from mrifoundation_training.recipe_values import Count
from mrifoundation_training.reports.sentences import Sentence


@dataclass(frozen=True)
class ImageReportSettings:
    """weight: of this loss beside the dense one; 0 leaves it out. sentences: in the stock. drawn: from the stock for an example.
    false: how many of the false ones count, half of them hard (at least one claim is true).
    written: reports that are written for an example itself, with measured sizes and lesions. regions: of it whose tokens are held against
    a sentence of their own. changed: copies of each of these, and of each own report, in which one thing only is false."""

    weight: float = 0.0
    sentences: Count = 4000
    drawn: Count = 400
    false: int = 64
    written: int = 0
    regions: int = 0
    changed: int = 0

    def __post_init__(self):
        if (self.written or self.regions) and not self.changed:
            raise InputError(
                "reports.written and reports.regions are learned beside copies that are false in one thing; set reports.changed=3."
            )


@dataclass(frozen=True)
class Stock:
    """Sentences and their frozen embeddings, float32 [n, text_dim]."""

    sentences: list[Sentence]
    embeddings: torch.Tensor


def image_report_loss(
    model: FoundationModel,
    features: Features,
    example: Example,
    stock: Stock,
    settings: ImageReportSettings,
    rng: np.random.Generator,
) -> tuple[torch.Tensor, dict[str, float]]:
    """Sigmoid loss over sentences that are surely true or surely false of the example (Zhai et al., SigLIP, 2023), both kinds alike.

    Returns the loss and the figures worth logging: how often a true sentence lies nearer than a false one."""
    true, false = _sorted_out(example, stock.sentences, settings, rng)
    if not len(true) or not len(false):
        return features.pooled.sum() * 0, {}
    chosen = torch.from_numpy(np.concatenate([true, false]))
    texts = model.embed_text(stock.embeddings[chosen])
    logits = model.report.truth(features.pooled.float(), texts)[0]
    holds, fails = logits[: len(true)], logits[len(true) :]
    loss = F.softplus(-holds).mean() + F.softplus(fails).mean()
    ranked = (holds[:, None] > fails[None]).float().mean()
    return loss, {"report": loss.item(), "report_ranked": ranked.item()}


def _sorted_out(example: Example, sentences: list[Sentence], settings, rng) -> tuple[np.ndarray, np.ndarray]:
    """Indices of true and of false sentences among a random draw."""
    true, easy, hard = [], [], []
    for index in rng.choice(len(sentences), min(settings.drawn, len(sentences)), replace=False):
        verdict = sentences[index].holds(example.facts)
        if verdict:
            true.append(index)
        elif verdict is False:
            (hard if sentences[index].nearly_holds(example.facts) else easy).append(index)
    hard = hard[: settings.false // 2]
    return np.array(true, int), np.array(hard + easy[: settings.false - len(hard)], int)

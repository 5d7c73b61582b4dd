"""Written reports: of an example as a whole, held against its embedding, and of regions in it, held against that of their tokens."""

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.model import Features, FoundationModel
from mrifoundation.model.text_tower import TextTower
from mrifoundation_training.data.example import Example
from mrifoundation_training.reports.findings import Finding, findings, labelled_in_view
from mrifoundation_training.reports.parts import Written
from mrifoundation_training.reports.writing import MOST, region_sentence, report
from mrifoundation_training.stages.image_report import ImageReportSettings


def written_reports_loss(
    model: FoundationModel,
    features: Features,
    example: Example,
    settings: ImageReportSettings,
    rng: np.random.Generator,
) -> tuple[torch.Tensor, dict[str, float]]:
    """Sigmoid loss over texts written for the example and copies of them in which one thing is false, both kinds alike.

    Returns the loss and the figures worth logging: how often what is true lies nearer than what is false."""
    found = findings(example, max(MOST, settings.regions), rng)
    here = labelled_in_view(example)
    reports = [report(rng, example.facts, found, here, settings.changed) for _ in range(settings.written)]
    regions = found[: settings.regions]
    sentences = [region_sentence(rng, one, here, settings.changed) for one in regions]
    whole, of_whole = _judged(model, features.pooled.float().expand(len(reports), -1), reports, "written")
    parts, of_parts = _judged(model, _embedded(model, features, regions), sentences, "regions", apart=True)
    return whole + parts, of_whole | of_parts


def _embedded(model: FoundationModel, features: Features, regions: list[Finding]) -> torch.Tensor:
    """Unit vectors [n, d], as the engine embeds what a person marks."""
    tokens = features.tokens[0].float()
    shares = [one.share.to(tokens.device) for one in regions]
    return torch.stack([model.embed_tokens(tokens, share) for share in shares]) if regions else features.pooled[:0]


def _judged(
    model: FoundationModel, seen: torch.Tensor, texts: list[Written], called: str, apart: bool = False
) -> tuple[torch.Tensor, dict[str, float]]:
    """seen: what each text was written of [n, d]. apart: each is false of what the others were written of."""
    if not any(one.changed for one in texts):
        return seen.sum() * 0, {}
    every = [one.text for one in texts] + [changed for one in texts for changed in one.changed]
    of = np.concatenate([np.arange(len(texts)), np.repeat(np.arange(len(texts)), [len(one.changed) for one in texts])])
    vectors = model.embed_text(torch.from_numpy(TextTower.load().embed(every)))
    logits = model.report.truth(seen, vectors)
    own = logits[torch.from_numpy(of), torch.arange(len(every))]
    holds, fails = own[: len(texts)], own[len(texts) :]
    ranked = (holds[of[len(texts) :]] > fails).float().mean()
    if apart:
        others = ~torch.eye(len(texts), dtype=torch.bool, device=logits.device)
        fails = torch.cat([fails, logits[:, : len(texts)][others]])
    loss = F.softplus(-holds).mean() + F.softplus(fails).mean()
    return loss, {called: loss.item(), f"{called}_ranked": ranked.item()}

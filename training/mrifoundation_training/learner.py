"""All that a step trains, with its losses, as one module: whatever spreads it over GPUs sees every use of its weights in one call."""

import numpy as np
import torch
from torch import nn
from torch.distributed.tensor import DTensor

from mrifoundation.model import FoundationModel
from mrifoundation.model.precision import native_autocast
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.pairs import Pair
from mrifoundation_training.recipe import Recipe
from mrifoundation_training.reports.own_reports import near_by
from mrifoundation_training.stages.dense_text import dense_text_loss
from mrifoundation_training.stages.free_words import free_words_loss
from mrifoundation_training.stages.image_report import Stock, image_report_loss
from mrifoundation_training.stages.student_teacher import StudentTeacher
from mrifoundation_training.stages.written_reports import written_reports_loss


class Learner(nn.Module):
    """The network, and the heads of the student–teacher stage where the recipe has it.

    own: case id → rows of the stock that were written for that very scan; they are always asked of it.
    uniform: every call gives every weight a gradient, if only of zero, as FSDP2 needs where processes ask different things."""

    def __init__(
        self,
        model: FoundationModel,
        stage: StudentTeacher | None,
        recipe: Recipe,
        stock: Stock | None,
        own: dict[str, np.ndarray] | None = None,
        uniform: bool = False,
    ):
        super().__init__()
        self.model, self.stage = model, stage
        self._recipe, self._stock, self._own, self._uniform = recipe, stock, own or {}, uniform

    def forward(
        self,
        seen: Example | Pair,
        rng: np.random.Generator,
        step: int = 0,
        teacher: FoundationModel | None = None,
    ) -> tuple[torch.Tensor, dict[str, float]]:
        """Loss of an example or of a pair of views (which needs step and teacher), and the figures worth logging."""
        if isinstance(seen, Pair):
            loss, figures = self.stage.loss(self.model, teacher, seen, step, rng)
            loss = self._recipe.student_teacher.weight * loss
        else:
            loss, figures = self._of_example(seen, rng)
        return (loss + self._nothing() if self._uniform else loss), figures

    def _of_example(self, example: Example, rng: np.random.Generator) -> tuple[torch.Tensor, dict[str, float]]:
        """One forward pass, and the losses of every stage that learns from examples."""
        model, recipe = self.model, self._recipe
        device = model.device
        with native_autocast(device):
            features = model.encode(
                example.image.to(device)[None, None],
                example.valid.to(device)[None, None],
                example.spacing.to(device)[None],
            )
        loss, figures = dense_text_loss(model, features, example, recipe.dense, rng)
        if self._stock is not None:
            stock = self._stock_for(example, rng)
            more, told = image_report_loss(model, features, example, stock, recipe.reports, rng)
            loss, figures = loss + recipe.reports.weight * more, figures | told
            # After everything else is drawn: what a recipe leaves out changes nothing of the rest.
            if recipe.reports.written or recipe.reports.regions:
                more, told = written_reports_loss(model, features, example, recipe.reports, rng)
                loss, figures = loss + recipe.reports.weight * more, figures | told
        if recipe.words.weight:
            more, told = free_words_loss(model, features, example, recipe.words, rng)
            loss, figures = loss + recipe.words.weight * more, figures | told
        return loss, figures

    def _stock_for(self, example: Example, rng: np.random.Generator) -> Stock:
        """All sentences, of which some are drawn; for a scan with a report of its own, that report's among them for sure."""
        if example.case_id not in self._own:
            return self._stock
        own, sentences = self._own[example.case_id], self._stock.sentences
        rows = near_by(own, len(sentences), self._recipe.reports.drawn, rng)
        return Stock([sentences[row] for row in rows], self._stock.embeddings[torch.from_numpy(rows)])

    def _nothing(self) -> torch.Tensor:
        """Zero, computed from every weight that lies whole here now; blocks of the network are always used anyway."""
        return 0 * sum(p.sum() for p in self.parameters() if p.requires_grad and not isinstance(p, DTensor))

"""The heads of the student–teacher stage: tokens become unit vectors that are compared with prototypes. Not part of the weights for use."""

import copy

import torch
from torch import nn

from mrifoundation_training.losses.agreement import balanced
from mrifoundation_training.running_average import follow

HIDDEN, WIDTH = 256, 64


class Projection(nn.Module):
    """Tokens [n, width] → cosines [n, K] with K prototypes."""

    def __init__(self, width: int, prototypes: int):
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, WIDTH))
        self.prototypes = nn.Parameter(torch.randn(prototypes, WIDTH))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.scores(self.embed(tokens))

    def embed(self, tokens: torch.Tensor) -> torch.Tensor:
        """Unit vectors [n, WIDTH]."""
        return nn.functional.normalize(self.layers(tokens.float()), dim=-1)

    def scores(self, embedded: torch.Tensor) -> torch.Tensor:
        return embedded @ nn.functional.normalize(self.prototypes, dim=-1).T


class Level(nn.Module):
    """Student and teacher heads of one kind of token, and the teacher's last tokens.

    One scan a step gives one scan token, and its voxels are much alike; so the teacher's assignments are balanced over what it saw
    lately as well. used, spread: of that, after each call of `targets`; see there."""

    def __init__(self, width: int, prototypes: int, memory: int):
        super().__init__()
        self.student = Projection(width, prototypes)
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)
        self.register_buffer("recent", torch.zeros(memory, WIDTH))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))
        self.used, self.spread = float("nan"), float("nan")

    @torch.no_grad()
    def targets(self, tokens: torch.Tensor, temperature: float) -> torch.Tensor:
        """The teacher's assignments [n, K] of tokens [n, width], which it remembers.

        Sets `used`: how many prototypes are in use, as exp(entropy of which prototype each prefers); and `spread`: 0 when all its tokens
        are the same vector, up to 1."""
        new = self.teacher.embed(tokens)
        seen = torch.cat([new, self.recent[: int(self.filled)]])
        answers = balanced(self.teacher.scores(seen), temperature)
        share = answers.argmax(1).bincount(minlength=answers.shape[1]) / len(answers)
        self.used = torch.special.entr(share).sum().exp().item()
        self.spread = 1 - seen.mean(0).square().sum().item()
        whole = new[new.isfinite().all(1)]  # a step that overflowed is not remembered
        self.recent.copy_(torch.cat([whole, self.recent])[: len(self.recent)])
        self.filled.fill_(min(len(self.recent), int(self.filled) + len(whole)))
        return answers[: len(new)]

    def follow(self, decay: float) -> None:
        """The teacher's head moves towards the student's."""
        follow(self.teacher, self.student, decay)

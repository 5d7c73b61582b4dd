"""Has the student–teacher stage collapsed? Seen from running means of what the teacher answers, within minutes."""

import torch
from torch import nn

from mrifoundation.errors import InputError

# Beyond these nothing is learned: all tokens alike, or a teacher that prefers no prototype to any other.
LEAST_USED = 1.5  # prototypes
LEAST_SPREAD = 0.005
MOST_ENTROPY = 0.99  # of the largest possible


class Collapsed(InputError):
    """The stage learns nothing any more; the sentence says what was seen and what to do."""


class CollapseWatch(nn.Module):
    """Running means of the three signs, for each level; all of its state is in buffers, so that a resumed run goes on exactly.

    grace: calls at the start that are not judged; patience: calls in a row that must look collapsed; the
    means reach back over half as many."""

    def __init__(self, levels: tuple[str, ...], grace: int, patience: int):
        super().__init__()
        self.levels, self.grace, self.patience = levels, grace, patience
        self.register_buffer("means", torch.zeros(len(levels), 3, dtype=torch.float64))
        self.register_buffer("counts", torch.zeros(len(levels), dtype=torch.long))
        self.register_buffer("bad", torch.zeros(len(levels), dtype=torch.long))

    @property
    def healthy(self) -> bool:
        """Whether nothing looks collapsed at the moment; what does is not worth saving over what did not."""
        return not self.bad.any()

    def see(self, level: str, used: float, spread: float, entropy: float) -> None:
        """Take in one call's figures; raises Collapsed when the last `patience` of them look it."""
        row = self.levels.index(level)
        self.counts[row] += 1
        now = self.means.new_tensor((used, spread, entropy))
        pace = min(1.0, max(2 / self.patience, 1 / int(self.counts[row])))
        self.means[row] += pace * (now.where(now.isfinite(), self.means[row]) - self.means[row])
        sign = "the figures are not numbers" if not now.isfinite().all() else self._sign(row)
        if self.counts[row] <= self.grace:
            sign = ""
        self.bad[row] = self.bad[row] + 1 if sign else 0
        if self.bad[row] >= self.patience:
            raise Collapsed(f"The student–teacher stage collapsed: of the teacher's {level} tokens, {sign}.")

    def _sign(self, row: int) -> str:
        used, spread, entropy = self.means[row].tolist()
        if spread < LEAST_SPREAD:
            return f"all have become the same vector (spread {spread:.4f})"
        if used < LEAST_USED:
            return f"nearly all prefer the same prototype ({used:.2f} in use)"
        if entropy > MOST_ENTROPY:
            return f"none prefers any prototype (entropy {entropy:.3f} of the largest possible)"
        return ""

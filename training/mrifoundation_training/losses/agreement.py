"""How well a student agrees with its teacher on which prototype each token is most like."""

import math

import torch


def balanced(scores: torch.Tensor, temperature: float, rounds: int = 3) -> torch.Tensor:
    """Assignments [n, K] of n tokens to K prototypes, each row a distribution, all prototypes used alike as far as the scores allow.

    scores: [n, K]. Sinkhorn–Knopp in logarithms (Caron et al., SwAV, 2020): what all tokens share cancels, so that the answer
    "all are alike" comes out flat instead of as one prototype."""
    log = scores / temperature
    for _ in range(rounds):
        log = log - log.logsumexp(0, keepdim=True)
        log = log - log.logsumexp(1, keepdim=True)
    return log.exp()


def agreement(
    targets: torch.Tensor, scores: torch.Tensor, weight: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, dict[str, float]]:
    """Cross-entropy of the student's scores [n, K] under the teacher's assignments [n, K], and figures worth logging.

    weight: [n] ≥ 0, of real data in each token; tokens of weight 0 do not count. Figures: entropy of the teacher as a share of the
    largest possible, kl (nats) from teacher to student, top1: share of tokens for which both prefer the same prototype."""
    share = weight / weight.sum().clamp(min=1e-6)
    log = (scores / temperature).log_softmax(1)
    cross = (share * -(targets * log).sum(1)).sum()
    entropy = (share * -(targets * targets.clamp(min=1e-12).log()).sum(1)).sum()
    same = (targets.argmax(1) == scores.argmax(1)).float()
    return cross, {
        "entropy": entropy.item() / math.log(targets.shape[1]),
        "kl": (cross - entropy).item(),
        "top1": (share * same).sum().item(),
    }

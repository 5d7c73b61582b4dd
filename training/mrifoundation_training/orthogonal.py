"""The orthogonal matrix nearest to a matrix, nearly, at the cost of two products with it."""

import torch


def orthogonal(matrix: torch.Tensor, coefficients: tuple[float, float, float], steps: int) -> torch.Tensor:
    """`matrix` (2D, float) with all of its singular values brought near 1: Newton–Schulz steps of the quintic with `coefficients`
    (Jordan, 2024, kellerjordan.github.io/posts/muon).

    Each step multiplies by a polynomial of the Gram matrix, so the steps are taken there, on the shorter side alone, and the long
    matrix is met twice: as far from bfloat16 on a CPU as from ten products with it."""
    tall = matrix.shape[0] > matrix.shape[1]
    wide = matrix.T if tall else matrix
    wide = wide / wide.norm().clamp(min=torch.finfo(wide.dtype).tiny)
    linear, cubic, quintic = coefficients
    gram, product = wide @ wide.T, None
    for _ in range(steps):
        factor = torch.addmm(gram, gram, gram, beta=cubic, alpha=quintic)
        factor.diagonal().add_(linear)
        product = factor if product is None else factor @ product
        gram = factor @ gram @ factor
    made = product @ wide
    return made.T if tall else made

"""A random walk on a small grid: every voxel is drawn to its neighbours across weak edges, and to a target of its own.

Minimises Σ w (xᵢ − xⱼ)² + Σ a (xᵢ − tᵢ)² over all neighbours i, j: the random walker with priors (Grady, CVPR 2005), whose
influence falls off with distance and across edges. A large a is a seed.
"""

import numpy as np

Edges = list[np.ndarray]
"""Per axis the conductance between neighbours, one shorter than the grid along that axis."""

WEAKEST = 1e-3  # conductance across the strongest edge


def conductances(channels: np.ndarray, spacing: np.ndarray, contrast: float) -> Edges:
    """How freely a walk passes between neighbours: 1 on flat ground, less across an edge or a longer way.

    channels: [n, x, y, z], each scaled so that 1 is its noise. spacing: mm [3]. contrast: how many times the noise an edge stands
    out.
    """
    nearest = float(np.min(spacing))
    edges = []
    for axis in range(3):
        step = np.diff(channels, axis=axis + 1)
        flat = np.exp(-(step**2).sum(axis=0) / (2 * contrast**2))
        edges.append(((flat + WEAKEST) * (nearest / spacing[axis]) ** 2).astype(np.float32))
    return edges


def walk(edges: Edges, pull: np.ndarray, target: np.ndarray, start: np.ndarray, steps: int = 60) -> np.ndarray:
    """The minimum by conjugate gradients, float32 [x, y, z]. pull: a; target: t; start: a first guess."""
    x = start.astype(np.float32, copy=True)
    diagonal = pull + _degree(edges, pull.shape)
    residual = pull * target - _apply(edges, pull, x)
    scaled = residual / diagonal
    direction = scaled.copy()
    old = float(np.vdot(residual, scaled))
    enough = max(old, 1e-12) * 1e-6
    for _ in range(steps):
        if old < enough:
            break
        image = _apply(edges, pull, direction)
        length = old / float(np.vdot(direction, image))
        x += length * direction
        residual -= length * image
        np.divide(residual, diagonal, out=scaled)
        new = float(np.vdot(residual, scaled))
        direction *= new / old
        direction += scaled
        old = new
    return x


def _apply(edges: Edges, pull: np.ndarray, x: np.ndarray) -> np.ndarray:
    image = pull * x
    for axis, conductance in enumerate(edges):
        flow = np.diff(x, axis=axis)
        flow *= conductance
        low, high = _sides(axis)
        image[high] += flow
        image[low] -= flow
    return image


def _degree(edges: Edges, shape: tuple[int, ...]) -> np.ndarray:
    degree = np.zeros(shape, np.float32)
    for axis, conductance in enumerate(edges):
        low, high = _sides(axis)
        degree[high] += conductance
        degree[low] += conductance
    return degree


def _sides(axis: int) -> tuple[tuple, tuple]:
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    return tuple(low), tuple(high)

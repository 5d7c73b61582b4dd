"""The rings around one region as a single one: its holes hang on its outline by channels of no width."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay


def keyholed(rings: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """float [n, 2], closed: once along every ring and along both sides of the lines that join them; and bool [n], the ends of these lines.

    rings: float [n, 2], closed, as find_contours gives them: the region always on the same side, no point twice. The lines are the
    shortest that join all rings. As the edges of the rings do, they belong to the Delaunay triangulation of the points (Shamos and Hoey
    1975), so nothing crosses, and the time grows as n log n with the points, whatever the number of holes.
    """
    points = np.concatenate(rings)
    sizes = np.array([len(ring) for ring in rings])
    owner = np.repeat(np.arange(len(rings)), sizes)
    after = np.arange(len(points)) + 1
    after[np.cumsum(sizes) - 1] -= sizes
    return _walked(points, after, _lines(points, owner))


def _lines(points: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """int [rings - 1, 2]: the points that a line joins. owner: the ring of each point."""
    count = int(owner[-1]) + 1
    if count == 1:
        return np.empty((0, 2), int)
    corners = Delaunay(points).simplices
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    edges = np.take_along_axis(edges, owner[edges].argsort(axis=1), axis=1)
    edges = edges[owner[edges[:, 0]] != owner[edges[:, 1]]]
    lengths = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    by_length = lengths.argsort(kind="stable")
    pairs, first = np.unique(owner[edges[by_length]] @ (count, 1), return_index=True)
    shortest = by_length[first]
    between = csr_array((lengths[shortest], tuple(owner[edges[shortest]].T)), shape=(count, count))
    tree = minimum_spanning_tree(between).tocoo()
    return edges[shortest[np.searchsorted(pairs, tree.row.astype(int) * count + tree.col)]]


def _walked(points: np.ndarray, after: np.ndarray, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The walk. after: the next point on the ring of each. A point where m lines end is passed m + 1 times, between them in the order in
    which they leave it, from the edge that comes to the one that goes: so the walk meets itself but never crosses."""
    here, there = np.concatenate([lines, lines[:, ::-1]]).T
    order = np.lexsort((_turn(points, after, here, there), here))
    rank = np.empty(len(here), int)
    rank[order] = np.arange(len(here)) - np.searchsorted(here[order], here[order])
    passes = 1 + np.bincount(here, minlength=len(points))
    first = np.cumsum(passes) - passes
    following = np.empty(passes.sum(), int)
    following[first + passes - 1] = first[after]
    following[first[here] + rank] = first[there] + np.roll(rank, len(lines)) + 1
    steps, walk = following.tolist(), [0]
    while steps[walk[-1]]:
        walk.append(steps[walk[-1]])
    at = np.repeat(np.arange(len(points)), passes)[walk]
    return points[at], passes[at] > 1


def _turn(points: np.ndarray, after: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """How far lines from `here` to `there` are turned from the edge that comes to `here`, through the region, in radians."""
    before = np.empty_like(after)
    before[after] = np.arange(len(after))
    come, leave = points[before[here]] - points[here], points[there] - points[here]
    return (np.arctan2(*leave.T) - np.arctan2(*come.T)) % (2 * np.pi)

"""Cutting a grid into tiles."""

import itertools
import math

import numpy as np
import pytest

from mrifoundation.engine.tiling import OVERLAP, tiles


@pytest.mark.parametrize("shape", [(16, 16, 16), (96, 112, 96), (320, 96, 64), (480, 480, 480), (16, 16, 800)])
@pytest.mark.parametrize("budget", [60_000, 500_000, 10**9])
def test_tiles_cover_everything_overlap_and_start_on_token_borders(shape, budget):
    boxes = tiles(shape, budget)
    covered = np.zeros([n // 16 for n in shape], int)
    for box in boxes:
        assert all(
            s.start % 16 == 0 and s.stop % 16 == 0 and 0 <= s.start < s.stop <= n
            for s, n in zip(box, shape, strict=True)
        )
        covered[tuple(slice(s.start // 16, s.stop // 16) for s in box)] += 1
    assert covered.min() >= 1
    sizes = [math.prod(s.stop - s.start for s in box) for box in boxes]
    smallest = math.prod(min(n, OVERLAP + 16) for n in shape)
    assert max(sizes) <= max(budget, smallest)
    if math.prod(shape) <= budget:
        assert boxes == [tuple(slice(0, n) for n in shape)]
    for a in range(3):
        starts = sorted({(box[a].start, box[a].stop) for box in boxes})
        assert all(before[1] - after[0] >= 16 for before, after in itertools.pairwise(starts))

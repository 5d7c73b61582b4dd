"""What scanners do to images."""

import numpy as np
import torch

from mrifoundation_training.synthesis.artefacts import degrade


def test_some_images_fade_away_from_a_coil_and_none_that_is_to_stay_clean():
    even = torch.ones(32, 32, 32)
    even[0, 0, 0] = 0  # degrade looks at the range of an image
    falls = {
        strength: [
            float(image.quantile(0.9) / image.quantile(0.1).clamp(min=0.02))
            for image, _ in (degrade(np.random.default_rng(seed), even.clone(), 2.0, strength) for seed in range(60))
        ]
        for strength in (0.0, 1.0)
    }
    assert max(falls[0.0]) < 1.1
    assert 2 <= sum(fall > 3 for fall in falls[1.0]) <= 20

"""The region that is guessed is the one whose words fit best; weights without words go by what is in view."""

import numpy as np
import pytest

from mrifoundation.library.region_guess import LEAST_FIT, REGIONS, guess_region


class Reading:
    """An engine whose words and scans lie on the axes of a space: only what the guess asks of one."""

    reads_text = True

    def __init__(self, scan):
        self._scan = scan

    def embed_text(self, text):
        axis = [n for n, name in enumerate(REGIONS.values()) if f" {name} " in f" {text.replace('.', ' ')} "]
        return np.eye(len(REGIONS))[max(axis, key=lambda n: len(list(REGIONS.values())[n]))]

    def embed(self, encoding):
        return self._scan


@pytest.mark.parametrize("region", REGIONS)
def test_the_region_whose_words_fit_best_is_guessed(region):
    scan = 0.3 * np.ones(len(REGIONS))
    scan[list(REGIONS).index(region)] = 0.8
    assert guess_region(Reading(scan / np.linalg.norm(scan)), None) == region


def test_nothing_is_guessed_where_no_words_fit():
    assert guess_region(Reading(np.full(len(REGIONS), LEAST_FIT / 2)), None) is None


def test_real_weights_tell_the_region_of_a_real_scan(data_pack):
    from mrifoundation.engine import Engine
    from mrifoundation.volume import read_scan
    from mrifoundation_training.data.manifest import read_manifest

    engine = Engine.load()
    cases = [case for case in read_manifest(data_pack / "volumes.csv") if case.split == "dev" and case.image]
    for source, region in {"oasis": "brain", "acdc": "heart", "chaos": "abdomen"}.items():
        case = next(case for case in cases if case.source == source)
        assert guess_region(engine, engine.encode(read_scan(case.image))) == region

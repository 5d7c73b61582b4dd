"""The shipped weights on images made of a map of a real lumbar spine: parts are found, and vertebrae get the right level."""

import numpy as np
import pytest

from mrifoundation import Engine
from mrifoundation.volume import read_scan
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.made_scans import made_scans
from mrifoundation_training.evaluation.overlap import dice

LEVELS = ("L5 vertebra", "L4 vertebra", "L3 vertebra")


@pytest.fixture(scope="module")
def spine(data_pack, tmp_path_factory):
    """Scan and labels of the first made image whose labels tell levels."""
    maps = [case for case in read_manifest(data_pack / "volumes.csv") if case.source == "panoptica"]
    made = made_scans(maps, 4, tmp_path_factory.mktemp("spine"))
    case = next(case for case in made if LEVELS[0] in case.table.values())
    scan = read_scan(case.image)
    labels = reference_labels(case, scan)
    return scan, {name: labels == value for value, name in case.table.items()}


def test_each_vertebra_is_the_one_that_was_asked_for(spine):
    scan, truth = spine
    engine = Engine.load()
    answer = engine.segment(engine.encode(scan), [*LEVELS, "intervertebral disc", "lumbar vertebrae"])
    for value, name in enumerate((*LEVELS, "intervertebral disc"), 1):
        assert dice(answer.labels == value, truth[name]) > 0.6, name
    assert all("counted up from the sacrum" in row["explanation"] for row in answer.table[: len(LEVELS)])
    lumbar = np.any([truth[f"L{n} vertebra"] for n in range(1, 6)], 0)
    alone = engine.segment(engine.encode(scan), ["lumbar vertebrae"])
    assert dice(alone.labels > 0, lumbar) > 0.6

"""Images made of label maps: scans like any other to what measures, the same every time, never counted as patients."""

import csv

import numpy as np
import pytest

from mrifoundation.volume import read_scan
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.made_scans import made_scans
from mrifoundation_training.evaluation.segmentation import evaluate


@pytest.fixture
def bodies(small_data):
    return [case for case in read_manifest(small_data) if case.image is None]


def test_each_image_shows_the_structures_of_its_map_and_is_the_same_every_time(bodies, tmp_path):
    first, second = ([tmp_path / name, (tmp_path / name).mkdir()][0] for name in ("first", "second"))
    made, again = made_scans(bodies, 2, first), made_scans(bodies, 2, second)
    assert [case.id for case in made] == ["m-made0", "m-made1"] and {case.source for case in made} == {"maps"}
    for case, same in zip(made, again, strict=True):
        scan = read_scan(case.image)
        labels = reference_labels(case, scan)
        assert (
            set(case.table.values())
            == {"liver", "right kidney", "left kidney"}
            == {case.table[n] for n in np.unique(labels) if n}
        )
        assert (scan.voxels == read_scan(same.image).voxels).all()
    assert read_scan(made[0].image).content_hash != read_scan(made[1].image).content_hash


def test_they_are_scored_in_place_of_scans_and_called_what_they_are(small_data, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    rows = tmp_path / "rows.csv"
    assert evaluate(small_data, split="train", made=1, profile="fast", output=rows) == 0
    assert "images made from label maps, of no patient: 1" in " ".join(capsys.readouterr().out.split())
    assert {row["case"] for row in csv.DictReader(rows.open())} == {"m-made0"}

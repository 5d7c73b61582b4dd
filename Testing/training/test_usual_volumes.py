"""Ranges of volumes from labelled people: who counts, and what."""

import json

import nibabel as nib
import numpy as np
import pytest

from mrifoundation_training.usual_volumes import LEAST_PEOPLE, main

COLUMNS = "id,subject,source,kind,path,label_table,split,tier,licence,orientation_checked"
TABLE = {1: "spleen", 2: "left kidney", 3: "right kidney"}


def written(folder, size, cut=False):
    """A label map of 2 mm voxels: a spleen of `size` voxels, kidneys of 20 and 10, the spleen at a face of the volume where `cut`."""
    labels = np.zeros((12, 12, 12), np.uint8)
    labels[5 if not cut else 0, 5, 1 : 1 + size] = 1
    labels[2:4, 2, 1:11], labels[8, 8, 1:11] = 2, 3
    path = folder / f"{size}-{cut}.nii.gz"
    nib.save(nib.Nifti1Image(labels, np.diag([2.0, 2.0, 2.0, 1.0])), path)
    return path.name


def ranges(folder, rows):
    (folder / "table.json").write_text(json.dumps(TABLE))
    lines = [",".join([f"case-{n}", *row]) for n, row in enumerate(rows)]
    (folder / "volumes.csv").write_text("\n".join([COLUMNS, *lines]))
    main([str(folder / "volumes.csv"), "--output", str(folder / "usual.json")])
    return json.loads((folder / "usual.json").read_text())


def row(path, person, split="train", tier="open", source="synthseg", sides="yes"):
    return [person, source, "labelmap", path, "table.json", split, tier, "CC0", sides]


def test_only_whole_organs_of_enough_people_whose_terms_allow_it_count(tmp_path):
    people = [row(written(tmp_path, 1 + n % 5), f"p{n}") for n in range(LEAST_PEOPLE)]
    largest = written(tmp_path, 9)
    others = [row(largest, "d", split="dev"), row(largest, "e", tier="eval-only"), row(largest, "a", source="acdc")]
    told = ranges(tmp_path, [*people, *others, row(written(tmp_path, 8, cut=True), "c")])
    spleen = told["volume_ml"]["spleen"]
    assert (spleen["people"], spleen["low"], spleen["high"]) == (LEAST_PEOPLE, 0.008, 0.04) and spleen[
        "licence"
    ] == "CC0"
    assert spleen["mean"] == pytest.approx(0.024) and spleen["deviation"] > 0 and "SynthSeg" in spleen["of"]
    assert told["volume_ml"]["left kidney"]["people"] == LEAST_PEOPLE + 1, (
        "one person's cut spleen says nothing of the kidneys"
    )
    kidney = told["asymmetry_percent"]["kidney"]
    assert kidney["low"] == kidney["high"] == pytest.approx(200 * (20 - 10) / 30, abs=0.001)


def test_too_few_people_and_sides_that_nobody_checked_give_no_range(tmp_path):
    map_ = written(tmp_path, 3)
    few = ranges(tmp_path, [row(map_, f"p{n % (LEAST_PEOPLE - 1)}") for n in range(2 * LEAST_PEOPLE)])
    assert few == {"volume_ml": {}, "asymmetry_percent": {}}
    unsure = ranges(tmp_path, [row(map_, f"p{n}", sides="no") for n in range(LEAST_PEOPLE)])
    assert list(unsure["volume_ml"]) == ["spleen"] and not unsure["asymmetry_percent"]

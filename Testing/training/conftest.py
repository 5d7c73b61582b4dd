"""A small labelled data set made on the fly: two bodies with a liver and two kidneys, as files."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from mr_series import write_label_file, write_planes

SPACING = 3.0  # mm; at the coarsest working grid, 4 mm, a body then has few enough voxels to be trained on in a moment
TABLE = {1: "liver", 2: "right kidney", 3: "left kidney"}


def write_body(folder, name, seed):
    """An ellipsoid body with three organs in RAS order, image and labels; returns the two paths."""
    rng = np.random.default_rng(seed)
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in (44, 40, 36)), indexing="ij")
    labels = np.zeros(x.shape, np.uint8)
    labels[(x - 0.3) ** 2 + y**2 + (z - 0.3) ** 2 < 0.16] = 1
    labels[(x - 0.4) ** 2 + (y + 0.4) ** 2 + (z + 0.4) ** 2 < 0.06] = 2
    labels[(x + 0.4) ** 2 + (y + 0.4) ** 2 + (z + 0.4) ** 2 < 0.06] = 3
    body = x**2 + y**2 + z**2 < 0.95
    image = (body * 80 + np.array([0, 60, 100, 100])[labels] + rng.normal(0, 5, x.shape)).clip(0, 255).astype(np.uint8)
    affine = np.diag([SPACING, SPACING, SPACING, 1])
    paths = folder / f"{name}_image.nii.gz", folder / f"{name}_labels.nii.gz"
    for array, path in zip((image, labels), paths, strict=True):
        nib.save(nib.Nifti1Image(array, affine), path)
    return paths


@pytest.fixture(scope="session")
def small_data(tmp_path_factory):
    """A manifest CSV with two training scans, one label map, one development scan and one that may only measure."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "table.json").write_text(json.dumps(TABLE))
    header = "id,subject,source,region,sequence,kind,path,labels_path,label_table,split,tier,licence"
    rows = []
    for seed, (name, split, tier) in enumerate(
        [("a", "train", "open"), ("b", "train", "research"), ("c", "dev", "open"), ("d", "train", "eval-only")]
    ):
        image, labels = write_body(folder, name, seed)
        rows.append(
            f"{name},{name},bodies,abdomen,T2,image,{image.name},{labels.name},table.json,{split},{tier},CC0-1.0"
        )
    rows.append("m,m,maps,abdomen,none,labelmap,a_labels.nii.gz,,table.json,train,open,CC0-1.0")
    manifest = folder / "volumes.csv"
    manifest.write_text("\n".join([header, *rows]) + "\n")
    return manifest


@pytest.fixture
def small_recipe(small_data, tmp_path):
    """A recipe that trains a tiny network on it in seconds."""
    from mrifoundation_training.data.source_recipe import SourceRecipe
    from mrifoundation_training.recipe import Recipe
    from mrifoundation_training.synthesis.geometry import GeometryRanges

    return Recipe(
        name="tiny",
        manifest=str(small_data),
        sources={"bodies": SourceRecipe(2, synthetic=0.3, flip=False), "maps": SourceRecipe(1, flip=False)},
        tiers=("open", "research"),
        network={"channels": (32, 32, 32, 32), "blocks": (1, 1, 1, 1), "neck_layers": 1, "neck_heads": 2, "query_dim": 64},
        geometry=GeometryRanges(budget=(6_000, 9_000)),
        steps=4, warmup=2, workers=0, log_every=2, save_every=2, threads=1, device="cpu", output=str(tmp_path),
    )  # fmt: skip


def write_dicom_body(folder, image, **attributes):
    """A NIfTI file of `write_body` as a DICOM series of the same place in the patient; gives it as label files refer to it."""
    from mrifoundation.tasks.exchange import read_source

    voxels = nib.load(image).get_fdata()[::-1, ::-1]  # DICOM counts from the patient's right and front
    told = {"BodyPartExamined": "ABDOMEN", "PixelSpacing": [SPACING, SPACING], "SliceThickness": SPACING} | attributes
    origin = tuple(-SPACING * (size - 1) for size in voxels.shape[:2])
    write_planes(folder, voxels.T, step=(0, 0, SPACING), origin=(*origin, 0.0), **told)
    return read_source(folder)


@pytest.fixture
def dicom_tree(written_tree, tmp_path):
    """Two patients: one with a T2 series and its SEG, and a T1 series without labels; one with an RTSTRUCT in the names of TG-263."""
    return shutil.copytree(written_tree, tmp_path / "Archive")


@pytest.fixture(scope="session")
def written_tree(small_data, tmp_path_factory):
    """What each `dicom_tree` is a copy of."""
    tree = tmp_path_factory.mktemp("tree") / "Archive"
    labels = {name: nib.load(small_data.parent / f"{name}_labels.nii.gz").get_fdata()[::-1, ::-1] for name in "ab"}
    first, second = (small_data.parent / f"{name}_image.nii.gz" for name in "ab")
    source = write_dicom_body(tree / "one" / "t2", first, SeriesDescription="T2 axial")
    write_dicom_body(tree / "one" / "t1", first, SeriesDescription="T1 axial", SeriesNumber=4)
    (tree / "one" / "labels").mkdir()
    masks = {"liver": labels["a"] == 1, "right kidney": labels["a"] == 2, "left kidney": labels["a"] == 3}
    write_label_file(tree / "one" / "labels" / "seg.dcm", "dicom-seg", source, masks)
    source = write_dicom_body(tree / "two" / "t2", second, SeriesDescription="T2 axial", PatientID="4712-89")
    masks = {"Liver": labels["b"] == 1, "Kidney_R": labels["b"] == 2, "Kidney_L": labels["b"] == 3}
    write_label_file(tree / "two" / "contours.dcm", "rtstruct", source, masks)
    return tree

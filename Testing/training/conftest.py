"""A small labelled data set made on the fly: two bodies with a liver and two kidneys, as files."""

import json

import nibabel as nib
import numpy as np
import pytest

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
    affine = np.diag([6.0, 6, 6, 1])
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
    from mrifoundation_training.data.examples import SourceRecipe
    from mrifoundation_training.recipe import Recipe
    from mrifoundation_training.synthesis.geometry import GeometryRanges

    return Recipe(
        name="tiny",
        manifest=str(small_data),
        sources={"bodies": SourceRecipe(2, synthetic=0.3, flip=False), "maps": SourceRecipe(1, flip=False)},
        tiers=("open", "research"),
        network={"channels": (32, 32, 32, 32), "blocks": (1, 1, 1, 1), "neck_layers": 1, "neck_heads": 2, "query_dim": 64},
        geometry=GeometryRanges(budget=(20_000, 40_000)),
        steps=4, warmup=2, workers=0, log_every=2, save_every=2, threads=1, device="cpu", output=str(tmp_path),
    )  # fmt: skip

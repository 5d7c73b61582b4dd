"""A small archive of scans made on the fly: the library of the panel tests, and what a head can be taught from."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

COUNT, SIDE, SPACING_MM = 8, 24, 8.0


@dataclass(frozen=True)
class Archive:
    """`folder` holds the scans `names` (T1 of brains and T2 of knees in turn) and their table `labels.csv`."""

    folder: Path
    names: tuple[str, ...]

    @classmethod
    def write(cls, folder: Path) -> "Archive":
        import nibabel as nib

        folder.mkdir()
        names = [("brain_T1_bright_{}", "knee_T2_dark_{}")[n % 2].format(n) for n in range(COUNT)]
        for n, name in enumerate(names):
            image = nib.Nifti1Image(ball(n, bright=n % 2 == 0), np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1]))
            nib.save(image, folder / f"{name}.nii.gz")
        table = folder.with_name("labels.csv")
        with open(table, "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["path", "label", "patient"])
            rows.writerows(
                [f"{folder.name}/{name}.nii.gz", name.split("_")[2], f"p{n}"] for n, name in enumerate(names)
            )
        return cls(folder, tuple(names))

    def teach(self, weights: Path, heads: Path) -> str:
        """Fit a head to the archive and write it; its name."""
        from mrifoundation import Engine
        from mrifoundation.tasks.classify.head import save_head
        from mrifoundation.tasks.classify.labelled import read_labels
        from mrifoundation.tasks.classify.teaching import teach_head

        heads.mkdir(exist_ok=True)
        cases = read_labels(self.folder.with_name("labels.csv"))
        head = teach_head(Engine.load(weights, "cpu"), "ball", cases, profile="fast")
        save_head(heads, head)
        return head.card.name


def ball(seed: int, bright: bool) -> np.ndarray:
    """int16 [24, 24, 24]: a body of 300 with a ball of 550 or 50 a little off its middle, and noise."""
    random = np.random.default_rng(seed)
    i, j, k = np.meshgrid(*(np.linspace(-1.2, 1.2, SIDE),) * 3, indexing="ij")
    body = np.sqrt(i**2 + j**2 + k**2) < 1
    inside = np.sqrt((i - random.uniform(-0.2, 0.2)) ** 2 + j**2 + k**2) < 0.5
    voxels = body * 300 + inside * (250 if bright else -250) + random.normal(0, 10, body.shape)
    return voxels.clip(0).astype(np.int16)


def ingest(backend, collection: str, folder: Path) -> dict:
    """Add a folder to the library of a backend, which is started where a test before ended it, and wait; what became of the scans."""
    from MRIFoundationLib.Asking import finish
    from MRIFoundationLib.Client import Client
    from MRIFoundationLib.LocalPaths import read_key

    backend.revive()
    client = Client(backend.url, read_key())
    job = client.ingest(collection, [str(folder)], "fast")
    return finish(client, job, lambda *_: None, lambda: False)

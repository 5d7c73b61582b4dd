"""What is walked with: real scans of the data pack, which stay where they are, and what a person would have beside them."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

BRAIN, ABDOMEN = "oasis-0113", "chaos-01"
LIBRARY = (
    "oasis-0191", "oasis-0239", "oasis-0456", "openms-c07_FLAIR", "braintumor-glioma00001_T1c", "niivue-chris_T1", "chaos-05",
    "chaos-22", "acdc-005_ED", "sarcoma-004", "pymskt-mese_TE38", "prostatex-0000",
)  # fmt: skip
"""Heads of healthy and ill people in several sequences, two abdomens, a heart, a thigh, a knee and a prostate."""


@dataclass(frozen=True)
class Pack:
    """The data pack in `folder`, and a folder `own` for what is made of it."""

    folder: Path
    own: Path

    def rows(self) -> dict[str, dict]:
        """The rows of the pack's table by id."""
        with open(self.folder / "volumes.csv", newline="", encoding="utf-8") as file:
            return {row["id"]: row for row in csv.DictReader(file)}

    def load(self, case: str):
        """The scan as a volume of the scene, read as Slicer reads it."""
        import slicer

        path = self.folder / self.rows()[case]["path"]
        volume = slicer.modules.volumes.logic().AddArchetypeVolume(str(path), case)
        volume.CreateDefaultDisplayNodes()
        return volume

    def drawn(self, case: str) -> dict[str, np.ndarray]:
        """What people have drawn on a scan: name → bool [i, j, k]."""
        row = self.rows()[case]
        labels = np.asarray(nib.load(self.folder / row["labels_path"]).dataobj)
        names = json.loads((self.folder / row["label_table"]).read_text(encoding="utf-8"))
        return {name: labels == int(value) for value, name in names.items()}

    def library(self) -> Path:
        """A table of the scans for the library, as a researcher has one of theirs."""
        rows, table = self.rows(), self.own / "archive.csv"
        chosen = [{**rows[case], "path": str((self.folder / rows[case]["path"]).resolve())} for case in LIBRARY]
        with open(table, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(chosen[0]))
            writer.writeheader()
            writer.writerows(chosen)
        return table

    def dicom(self, case: str) -> Path:
        """The scan as the DICOM series that a scanner would have sent, for the pack has it as NIfTI."""
        from mr_series import write_planes

        image = nib.load(self.folder / self.rows()[case]["path"])
        voxels, to_lps = np.asarray(image.dataobj), np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
        along_i, along_j, along_k = to_lps[:3, :3].T
        spacing = np.linalg.norm(to_lps[:3, :3], axis=0)
        directions = [*(along_i / spacing[0]), *(along_j / spacing[1])]
        write_planes(
            self.own / case,
            np.clip(voxels, 0, None).transpose(2, 1, 0),
            step=along_k,
            origin=to_lps[:3, 3],
            PixelSpacing=[float(spacing[1]), float(spacing[0])],
            SliceThickness=float(spacing[2]),
            ImageOrientationPatient=[f"{value:.10f}" for value in directions],
        )
        return self.own / case

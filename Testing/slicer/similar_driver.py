"""The Similar scans section driven as a person would, and an archive of people for it."""

import csv

import numpy as np
from archive import SPACING_MM, ball

PATIENCE = 900.0  # seconds, for a machine that is busy


def write_people(folder, first_seed=200):
    """Scans that are in no other collection, and the CSV that names them."""
    import nibabel as nib

    folder.mkdir()
    with open(folder / "volumes.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "id", "subject", "sequence", "plane", "age", "diagnosis", "caption"])
        for n, (name, subject, plane) in enumerate(
            [("ann 1", "ann", "axial"), ("ann 2", "ann", "axial"), ("bob", "bob", "coronal"), ("cy", "cy", "axial")]
        ):
            voxels = ball(first_seed + n, bright=True)
            nib.save(nib.Nifti1Image(voxels, np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1])), folder / f"{n}.nii.gz")
            caption = "Torn meniscus." if name == "bob" else ""
            rows.writerow([f"{n}.nii.gz", name, subject, "T1", plane, 30 + 10 * n, ["", "glioma"][n % 2], caption])
    return folder / "volumes.csv"


def wait(reached, what):
    from double.events import wait_until

    wait_until(reached, PATIENCE, what)


def wait_for_end(widget):
    wait(lambda: not widget.requests.busy, "the end of the request")


def choose_collection(widget, name):
    widget.similarPanel.collections.reload()
    combo = widget.similarPanel.ui.collectionCombo
    wait(lambda: combo.findData(name) > 0, f"the collection {name}")
    combo.currentIndex = combo.findData(name)


def choose_kind(widget, kind):
    combo = widget.similarPanel.ui.likeCombo
    combo.currentIndex = combo.findData(kind)


def find(widget):
    assert widget.similarPanel.ui.findButton.enabled
    widget.similarPanel.ui.findButton.click()
    wait_for_end(widget)
    model = widget.similarPanel.ui.galleryView.model()
    return [model.item(row).text().split("\n")[0] for row in range(model.rowCount())]


def compare(widget, row=0):
    widget.similarPanel.gallery.choose(row)
    widget.similarPanel.ui.compareButton.click()
    wait_for_end(widget)
    return widget.similarPanel.gallery.current()


def message(widget):
    return widget.similarPanel.ui.messageLabel.text


def hit_volume(widget):
    import slicer
    from MRIFoundationLib.Scene import case_volume

    return case_volume(slicer.mrmlScene, widget.similarPanel.gallery.current()["case"])

"""A person who presses whatever can be pressed, in any order: no exception, no wait, no growing memory, and a sane end.

MRIFOUNDATION_SOAK sets the number of actions (500), MRIFOUNDATION_SOAK_SEED the seed that a failure names.
"""

import gc
import os
import random
from pathlib import Path

import backend_driver
import numpy as np
import pytest
from volumes import add_transform, add_volume

ACTIONS = int(os.environ.get("MRIFOUNDATION_SOAK", "500"))
SEED = int(os.environ.get("MRIFOUNDATION_SOAK_SEED", "20"))
GROWTH_MB = 60
"""What allocators and caches of Qt and VTK may still take in the second half."""

WORDS = ["liver", "left kidney, spleen", "flux capacitor", "", "brain with a tumor", "älter als 60 <b>&", "0", "hepar"]
WRITES_FILES = ("save", "export", "import", "add", "open", "remember", "browse", "qt_")
"""Beginnings of the names of widgets that reach outside the scene."""


class Person:
    """Someone who acts at random on the opened module, whose backend is at `url`; `done` tells what they did."""

    def __init__(self, widget, seed: int, url: str):
        self._widget, self._random, self.done, self._url = widget, random.Random(seed), [], url
        self._errands: list = []
        self._scene_acts = [self._add_scan] * 4 + [self._wait] * 6 + [self._change_scan, self._remove_node] * 2
        self._scene_acts += [self._move_scan, self._close_scene, self._look_elsewhere, self._cancel, self._cancel]
        self._scene_acts += [self._go_to_backend] * 4

    def act(self) -> None:
        widgets = self._reachable()
        if widgets and self._random.random() < 0.7:
            name, child = self._random.choice(widgets)
            self.done.append(f"{name} ({type(child).__name__})")
            self._use(child)
        else:
            act = self._random.choice(self._scene_acts)
            self.done.append(act.__name__)
            act()

    def _reachable(self) -> list:
        """Every named widget of every panel that a person could use now, panels of any kind among them."""
        uis = [self._widget.ui, *(panel.ui for panel in self._widget.panels)]
        named = [(name, child) for ui in uis for name, child in vars(ui).items()]
        return [
            (name, child)
            for name, child in named
            if self._is_usable(child) and child.enabled and child.visible and not name.lower().startswith(WRITES_FILES)
        ]

    @staticmethod
    def _is_usable(child) -> bool:
        import ctk
        import qt
        import slicer

        kinds = (qt.QAbstractButton, qt.QLineEdit, qt.QComboBox, qt.QSpinBox, qt.QTextEdit, qt.QTableWidget)
        return isinstance(child, (*kinds, slicer.qMRMLNodeComboBox, ctk.ctkCollapsibleButton))

    def _use(self, child) -> None:
        import ctk
        import qt
        import slicer

        pick = self._random.choice
        if isinstance(child, qt.QAbstractButton):
            child.click()
        elif isinstance(child, ctk.ctkCollapsibleButton):
            child.collapsed = not child.collapsed
        elif isinstance(child, slicer.qMRMLNodeComboBox):
            child.setCurrentNode(pick([None, *child._nodes()]))
        elif isinstance(child, qt.QLineEdit):
            child.setText(pick(WORDS))
            child.editingFinished.emit()
        elif isinstance(child, qt.QComboBox) and child.count:
            child.setCurrentIndex(self._random.randrange(child.count))
            child.activated.emit(child.currentIndex)
        elif isinstance(child, qt.QSpinBox):
            child.setValue(self._random.randint(0, 130))
        elif isinstance(child, qt.QTextEdit) and not child.readOnly:
            child.setPlainText(pick(WORDS))
        elif isinstance(child, qt.QTableWidget) and child.rowCount:
            row = self._random.randrange(child.rowCount)
            child.setCurrentCell(row, 0)
            child.cellClicked.emit(row, 0)

    def _nodes(self, kind: str) -> list:
        import slicer.util

        return slicer.util.getNodesByClass(kind)

    def _add_scan(self) -> None:
        if len(self._nodes("vtkMRMLScalarVolumeNode")) < 4:
            voxels = np.random.default_rng(self._random.randrange(6)).integers(0, 500, (20, 22, 18)).astype(np.int16)
            add_volume("scan", voxels, np.diag([self._random.choice([-4.0, 4.0]), 4.0, 5.0, 1.0]))

    def _change_scan(self) -> None:
        import slicer.util

        for volume in self._nodes("vtkMRMLScalarVolumeNode")[:1]:
            if volume.GetImageData():
                slicer.util.arrayFromVolume(volume)[0] += 1
                slicer.util.arrayFromVolumeModified(volume)

    def _move_scan(self) -> None:
        for volume in self._nodes("vtkMRMLScalarVolumeNode")[-1:]:
            add_transform(np.diag([1.0, -1.0, 1.0, 1.0]), volume)

    def _remove_node(self) -> None:
        import slicer

        kinds = ("vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLTransformNode")
        nodes = [node for kind in kinds for node in self._nodes(kind)]
        if nodes:
            slicer.mrmlScene.RemoveNode(self._random.choice(nodes))

    def _close_scene(self) -> None:
        import slicer

        slicer.mrmlScene.Clear()

    def _look_elsewhere(self) -> None:
        self._widget.parent._entered = False
        self._widget.exit()
        self._wait()
        self._widget.parent._entered = True
        self._widget.enter()

    def _cancel(self) -> None:
        self._widget.requests.cancel()

    def _go_to_backend(self) -> None:
        """One errand after the other, in any order; every second one connects, or hardly anything else could be pressed."""
        if not self._errands:
            self._errands = [*backend_driver.ACTS] + [backend_driver.connect] * (len(backend_driver.ACTS) - 2)
            self._random.shuffle(self._errands)
        act = self._errands.pop()
        self.done.append(act.__name__)
        act(self._widget, self._url)

    def _wait(self) -> None:
        from double.events import spin

        spin(self._random.choice([0, 5, 40, 120]))


def resident_mb() -> float:
    """Memory of this process; 0 where the system does not tell."""
    gc.collect()
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError):
        return 0.0


def settle(widget, url: str) -> None:
    """An empty scene and no work, connected again."""
    import slicer
    from double.events import spin, wait_until

    widget.requests.cancel()
    slicer.mrmlScene.Clear()
    backend_driver.stop(widget, url)
    wait_until(lambda: not widget.backendPanel.local.doing, what="the end of the backend that was started")
    backend_driver.connect(widget, url)
    wait_until(lambda: widget.connection.connected, what="the connection")
    wait_until(lambda: not widget.worker._timer.active, seconds=120, what="the end of all work")
    spin(50)


@pytest.fixture
def restartable(weights, tmp_path, monkeypatch):
    """This computer has a backend to start, in an environment that may be repaired; both are not the person's own."""
    from MRIFoundationLib import LocalPaths

    monkeypatch.setenv("MRIFOUNDATION_WEIGHTS", str(weights))
    monkeypatch.setattr(LocalPaths, "_places", lambda: [tmp_path / "environment", tmp_path / "environment-2"])
    LocalPaths.free_place().mkdir()
    LocalPaths.take_into_use(LocalPaths.free_place())


@pytest.mark.parametrize("seed", [SEED])
def test_hundreds_of_random_actions_leave_a_sane_panel_and_no_more_memory(
    restartable, connected, backend, head_voxels, oblique_affine, seed
):
    from double import faults
    from double.events import wait_until

    person, sizes = Person(connected, seed, backend.url), []
    for number in range(ACTIONS):
        try:
            person.act()
            assert not (taken := faults.take()), "\n".join(taken)
        except Exception as error:
            raise AssertionError(f"action {number} of seed {seed}, after {person.done[-12:]}") from error
        if number + 1 in (ACTIONS // 2, ACTIONS):
            settle(connected, backend.url)
            sizes.append(resident_mb())
    assert not (taken := faults.take()), "\n".join(taken)
    assert sizes[1] - sizes[0] < GROWTH_MB, f"memory grew from {sizes[0]:.0f} to {sizes[1]:.0f} MB"
    assert len(set(person.done)) > 25, "the person hardly found anything to press"
    assert not {act.__name__ for act in backend_driver.ACTS} - set(person.done), "the Backend section was left out"

    connected.ui.segmentSection.collapsed = False
    connected.ui.scanSelector.setCurrentNode(add_volume("head", head_voxels, oblique_affine))
    connected.segmentPanel.ui.promptLine.setText("liver")
    wait_until(lambda: connected.segmentPanel.ui.segmentButton.enabled, what="the Segment button")
    connected.segmentPanel.ui.segmentButton.click()
    wait_until(lambda: not connected.requests.busy, seconds=120, what="the end of the request")
    node = connected.segmentPanel.ui.segmentationSelector.currentNode()
    assert node.GetSegmentation().GetSegment("liver") is not None

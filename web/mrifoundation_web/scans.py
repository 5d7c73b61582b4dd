"""The scans that are open: read from files, listed for the selector, one of them chosen and shown."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import slicer
import slicer.util
from MRIFoundationLib import Scene
from MRIFoundationLib.Failures import BackendError
from trame.app.file_upload import ClientFile

SCAN, SCANS = "scan", "scans"


class Scans:
    """Keeps the state `scans` (title and node id) and `scan`, the id of the chosen one."""

    def __init__(self, server, app, say: Callable[[str, bool], None]):
        self._state, self._app, self._say = server.state, app, say
        self._state.update({SCANS: [], SCAN: None})
        self._state.change(SCAN)(lambda **_state: self._show())

    def current(self):
        """The chosen volume node, None without one."""
        return slicer.mrmlScene.GetNodeByID(self._state[SCAN]) if self._state[SCAN] else None

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open scans that lie where this process runs: files, or folders of one DICOM series."""
        for path in paths:
            files = sorted(map(str, path.iterdir())) if path.is_dir() else [str(path)]
            self.read(files, path.name)

    def upload(self, sent: list[dict]) -> None:
        """Open what a browser sent: one file, or the files of a DICOM series."""
        if not sent:
            return
        with tempfile.TemporaryDirectory(prefix="MRIFoundation-") as folder:
            files = [ClientFile(one) for one in sent]
            paths = [Path(folder) / Path(file.name).name for file in files]
            for path, file in zip(paths, files, strict=True):
                path.write_bytes(file.content)
            self.read(sorted(map(str, paths)), paths[0].name)

    def read(self, files: list[str], name: str) -> None:
        """Read one scan from its files, choose and show it; what cannot be read is said."""
        nodes = self._app.io_manager.load_volumes(files)
        if not nodes:
            self._say(
                f"'{name}' cannot be read as a scan: open NIfTI, NRRD, MHA, or all files of one DICOM series.", True
            )
            return
        for node in nodes:
            if node.GetStorageNode():
                slicer.mrmlScene.RemoveNode(node.GetStorageNode())  # an uploaded file is gone after this
        self.add(nodes[0])
        self._say("", False)

    def add(self, volume) -> None:
        """Offer a volume node of the scene, and choose it."""
        entry = {"title": volume.GetName(), "value": volume.GetID()}
        self._state[SCANS] = [*(one for one in self._state[SCANS] if one["value"] != entry["value"]), entry]
        self._state[SCAN] = volume.GetID()

    def _show(self) -> None:
        volume = self.current()
        if volume is None:
            return
        try:
            Scene.voxels_of(volume)
        except BackendError as error:
            self._say(str(error), True)
        Scene.show_volume(volume)
        self._app.display_manager.reset_views()

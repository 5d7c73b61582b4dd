"""The scans that are open: read from files, listed for the selector, one of them chosen and shown."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import slicer
import slicer.util
from MRIFoundationLib import Scene
from trame.app.file_upload import ClientFile

from mrifoundation_web import nifti_end

SCAN, SCANS = "scan", "scans"


class Scans:
    """Keeps the state `scans` (title and node id) and `scan`, the id of the chosen one."""

    def __init__(self, server, app, say: Callable[[str], None]):
        self._state, self._app, self._say = server.state, app, say
        self._state.update({SCANS: [], SCAN: None})
        self._state.change(SCAN)(lambda **_state: self._show())

    def current(self):
        """The chosen volume node, None without one."""
        return slicer.mrmlScene.GetNodeByID(self._state[SCAN]) if self._state[SCAN] else None

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open scans that lie where this process runs: files, or folders of one DICOM series."""
        self._say(" ".join(filter(None, map(self._open, paths))))

    def upload(self, sent: list[dict]) -> None:
        """Open what a browser sent: one file, several, or the files of a DICOM series."""
        if not sent:
            return
        with tempfile.TemporaryDirectory(prefix="MRIFoundation-") as folder:
            files = [ClientFile(one) for one in sent]
            paths = [Path(folder) / Path(file.name).name for file in files]
            for path, file in zip(paths, files, strict=True):
                path.write_bytes(file.content)
            self._say(self._read(sorted(map(str, paths)), paths[0].name))

    def add(self, *volumes) -> None:
        """Offer volume nodes of the scene, and choose the first."""
        entries = [{"title": volume.GetName(), "value": volume.GetID()} for volume in volumes]
        new = {entry["value"] for entry in entries}
        self._state[SCANS] = [*(one for one in self._state[SCANS] if one["value"] not in new), *entries]
        self._state[SCAN] = volumes[0].GetID()

    def _open(self, path: Path) -> str:
        """What keeps a path from being opened, "" where nothing does."""
        try:
            files = sorted(str(one) for one in path.iterdir() if one.is_file()) if path.is_dir() else [str(path)]
        except OSError as error:
            return f"'{path}' cannot be opened: {error.strerror}."
        return self._read(files, path.name)

    def _read(self, files: list[str], name: str) -> str:
        """Read scans from their files, choose and show the first; gives what keeps one from being read, "" where nothing does."""
        cut_off = [Path(file).name for file in files if nifti_end.is_missing(Path(file))]
        nodes = self._load([file for file in files if Path(file).name not in cut_off])
        several = [node for node in nodes if node.GetImageData().GetNumberOfScalarComponents() > 1]
        scans = [node for node in nodes if node not in several]
        for node in several:
            slicer.mrmlScene.RemoveNode(node)
        if scans:
            self.add(*scans)
        problems = [f"'{one}' is damaged or ends too early: copy it again." for one in cut_off]
        problems += [f"'{node.GetName()}' has several values a voxel: open a scan with one." for node in several]
        if not (scans or problems):
            kinds = "open NIfTI, NRRD, MHA, or all files of one DICOM series"
            problems = [f"'{name}' cannot be read as a scan: {kinds}."]
        return " ".join(problems)

    def _load(self, files: list[str]) -> list:
        """The volume nodes of the files, [] where they hold none."""
        try:
            nodes = self._app.io_manager.load_volumes(files)
        except Exception:  # the readers raise what comes to them, as of a DICOM file without an image
            logging.exception("A file could not be read")
            return []
        for node in nodes:
            if node.GetStorageNode():
                slicer.mrmlScene.RemoveNode(node.GetStorageNode())  # an uploaded file is gone after this
        return nodes

    def _show(self) -> None:
        volume = self.current()
        if volume is None:
            return
        Scene.show_volume(volume)
        self._app.display_manager.reset_views()

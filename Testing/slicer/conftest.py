"""Fixtures: the module on its double of Slicer, and a real backend on the loopback address."""

import importlib.util
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from module_folder import MODULE_FOLDER  # noqa: E402

sys.path.insert(1, str(MODULE_FOLDER))


def _missing() -> str:
    """What keeps the double from running here, "" for nothing."""
    for name, package in (("slicer", "slicer-core"), ("PySide6", "PySide6-Essentials"), ("vtk", "vtk")):
        if importlib.util.find_spec(name) is None:
            return f"{package} is not installed: pip install {package}"
    try:
        import PySide6.QtWidgets  # noqa: F401

        with _without_folder_of_tests():
            import slicer  # noqa: F401
    except ImportError as error:
        return f"a system library is missing ({error}): apt-get install libegl1 libgl1 libopengl0 libxkbcommon0 "
        "libdbus-1-3 libfontconfig1"
    return ""


@contextmanager
def _without_folder_of_tests():
    """slicer-core takes every folder `slicer` on the path for a part of itself, and would import the tests in
    this one."""
    before = sys.path[:]
    sys.path[:] = [entry for entry in before if Path(entry).resolve() != HERE.parent]
    yield
    sys.path[:] = before


@pytest.fixture(scope="session")
def slicer_app():
    """Slicer's application, as far as the double has it."""
    missing = _missing()
    if missing:
        pytest.skip(missing)
    from double import application, blocking

    app = application.start()
    blocking.watch(MODULE_FOLDER)
    return app


@pytest.fixture
def scene(slicer_app):
    """An empty scene; whatever Qt or VTK would only have printed fails the test."""
    import slicer
    from double import faults

    slicer.mrmlScene.Clear()
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(slicer.mrmlScene, True)  # Slicer's own survive a clear
    faults.take()
    yield slicer.mrmlScene
    slicer.mrmlScene.Clear()
    assert not (taken := faults.take()), "\n".join(taken)


@pytest.fixture(scope="session")
def module(slicer_app):
    """The module's file, loaded as Slicer loads it."""
    from double import scripted_module

    return scripted_module.load(MODULE_FOLDER / "MRIFoundation.py")


@pytest.fixture
def panel(scene, module):
    """The module opened for the first time, before any backend was asked."""
    import slicer
    from double import scripted_module

    slicer.app.userSettings().clear()
    widget = scripted_module.open_panel(module)
    yield widget
    scripted_module.close_panel(widget)


@pytest.fixture(scope="session")
def weights(request):
    """Small weights made on the fly: a real network that finds something of every structure in any scan."""
    if importlib.util.find_spec("mrifoundation") is None or importlib.util.find_spec("torch") is None:
        pytest.skip("the backend is not installed: pip install -e .")
    return request.getfixturevalue("tiny_weights")


@pytest.fixture(scope="session")
def own_library(tmp_path_factory):
    """A folder for the library, the heads and the cache of `session_backend`, which may add scans from it."""
    return tmp_path_factory.mktemp("own-library")


@pytest.fixture(scope="session")
def archive(own_library):
    """Scans of as many people, with a bright or a dark ball inside."""
    from archive import Archive

    return Archive.write(own_library / "archive")


@pytest.fixture(scope="session")
def taught_head(archive, weights, own_library):
    """A head that tells bright balls from dark ones, fitted to the archive; its name."""
    return archive.teach(weights, own_library / "heads")


@pytest.fixture(scope="session")
def filled_library(session_backend, archive):
    """The archive in the library of the backend, as the collection 'archive'."""
    from archive import ingest

    ingest(session_backend, "archive", archive.folder)
    return archive


@pytest.fixture(scope="session")
def session_backend(request):
    from backend_process import BackendProcess, RunningElsewhere

    if RunningElsewhere.is_named():
        yield RunningElsewhere()
        return
    own = request.getfixturevalue("own_library")
    process = BackendProcess(
        request.getfixturevalue("weights"),
        MRIFOUNDATION_LIBRARY=str(own / "library"),
        MRIFOUNDATION_LIBRARY_ROOTS=str(own),
        MRIFOUNDATION_HEADS=str(own / "heads"),
        MRIFOUNDATION_CACHE=str(own / "cache"),
    )
    process.start()
    yield process
    process.kill()


@pytest.fixture
def backend(session_backend):
    """A running backend, which the test may kill: it is started again for the next."""
    session_backend.revive()
    return session_backend


@pytest.fixture
def client(backend):
    """A client of the running backend with the key that the backend made."""
    from MRIFoundationLib.Client import Client
    from MRIFoundationLib.LocalPaths import read_key

    return Client(backend.url, read_key())


@pytest.fixture
def connected(panel, backend):
    """The opened module, connected to the running backend."""
    from double.events import wait_until

    panel.backendPanel.ui.addressLine.text = backend.url
    panel.backendPanel.ui.testButton.click()
    wait_until(lambda: panel.connection.connected, what="the connection")
    return panel


@pytest.fixture
def head(scene, head_voxels, oblique_affine):
    """An oblique, flipped, anisotropic volume of the scene."""
    from volumes import add_volume

    return add_volume("head", head_voxels, oblique_affine)


@pytest.fixture
def large_head(request, scene, oblique_affine):
    """A scan large enough that its encoding takes a while, another one for each test so that none is encoded
    already."""
    import numpy as np
    from volumes import add_volume

    i, j, k = np.ogrid[-1:1:160j, -1:1:160j, -1:1:160j]
    ball = np.sqrt(i**2 + j**2 + k**2) < 0.8
    noise = np.random.default_rng(zlib.crc32(request.node.name.encode())).integers(0, 200, ball.shape)
    return add_volume("large head", (ball * 500 + noise).astype(np.int16), oblique_affine)


@pytest.fixture
def uploads(monkeypatch):
    """The names of the scans that were really sent."""
    from MRIFoundationLib.Client import Client

    sent, upload = [], Client.upload

    def spy(self, voxels, affine, name, *others):
        sent.append(name)
        return upload(self, voxels, affine, name, *others)

    monkeypatch.setattr(Client, "upload", spy)
    return sent

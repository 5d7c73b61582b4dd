"""The browser face in a real Chromium without a window, against the real service."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from forked_python import run
from forked_service import ForkedService

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # pytest's importlib mode adds no folder by itself

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 120_000  # milliseconds


@pytest.fixture(scope="session")
def web_python() -> str:
    """The interpreter of the browser face; skipped where it was not installed."""
    for path in (os.environ.get("MRIFOUNDATION_WEB_PYTHON", ""), str(HERE.parents[1] / ".venv-web/bin/python")):
        if path and Path(path).is_file():
            return path
    pytest.skip("the browser face is not installed: make web-environment")


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium, driven by Playwright."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install playwright"
    )
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def other_file(tmp_path_factory, head_voxels) -> Path:
    """Another scan, of the same place."""
    import nibabel as nib

    path = tmp_path_factory.mktemp("scans") / "other.nii.gz"
    affine = np.array([[-2.0, 0, 0, 40], [0, 2.5, 0, -55], [0, 0, 3, -50], [0, 0, 0, 1]])
    nib.save(nib.Nifti1Image(head_voxels[::-1, ::-1].copy(), affine), path)
    return path


@pytest.fixture(scope="session")
def library(tmp_path_factory, head_file, other_file, tiny_weights) -> Path:
    """A library with both scans."""
    folder = tmp_path_factory.mktemp("library")
    command = ["-m", "mrifoundation", "library", "add", "--library", folder, head_file, other_file]
    run([*command, "--weights", tiny_weights, "--profile", "fast"]).check_returncode()
    return folder


@pytest.fixture(scope="session")
def start_service(tiny_weights, library, tmp_path_factory):
    """start_service() → one more service, ready and with the library; all are stopped in the end."""
    services = []

    def start() -> ForkedService:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("MRIFOUNDATION_LIBRARY", str(library))
            services.append(ForkedService(tiny_weights, tmp_path_factory.mktemp("cache")))
        services[-1].wait_until_ready()
        return services[-1]

    yield start
    for service in services:
        service.stop()


@pytest.fixture(scope="session")
def service(start_service) -> ForkedService:
    return start_service()


@pytest.fixture(scope="module")
def gate(service):
    from gate import Gate

    gate = Gate(service.url)
    yield gate
    gate.stop()


@pytest.fixture(scope="module")
def open_page(chromium):
    """open_page(address) → the page, connected to the backend; an error of its scripts fails the test."""

    def open_it(address):
        page = chromium.new_page(viewport={"width": 1360, "height": 820})
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: pytest.fail(f"a script of the page failed: {error}"))
        page.goto(address)
        page.wait_for_selector("#connection:has-text('Connected')")
        return page

    return open_it


@pytest.fixture(scope="module")
def face(gate, web_python, head_file, other_file):
    """The browser face with two scans open, the head chosen."""
    from running_face import RunningFace

    with RunningFace(web_python, gate.url, other_file, head_file) as face:
        yield face


@pytest.fixture(scope="module")
def page(open_page, face):
    return open_page(face.address)

"""The browser face in a real Chromium without a window, against the real service."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from running_service import KEY, Service

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 300_000  # milliseconds


@pytest.fixture(scope="module")
def web_python() -> str:
    """The interpreter of the browser face; skipped where it was not installed."""
    for path in (os.environ.get("MRIFOUNDATION_WEB_PYTHON", ""), str(ROOT / ".venv-web/bin/python")):
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


@pytest.fixture(scope="module")
def library(tmp_path_factory, head_file, tiny_weights) -> Path:
    """A library with one scan."""
    folder = tmp_path_factory.mktemp("library")
    command = [sys.executable, "-m", "mrifoundation", "library", "add", "--library", folder, head_file]
    subprocess.run([*command, "--weights", tiny_weights, "--profile", "fast"], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def service(tiny_weights, library, tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MRIFOUNDATION_LIBRARY", str(library))
        service = Service(tiny_weights, tmp_path_factory.mktemp("cache"))
    service.wait_until_ready()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def address(service, web_python, head_file):
    """Where the browser face is served, with one scan open."""
    environment = {**os.environ, "MRIFOUNDATION_KEY": KEY}
    command = [web_python, "-m", "mrifoundation_web", head_file, "--backend", service.url, "--port", "0"]
    face = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    yield re.search(r"http://\S+", next(line for line in face.stdout if "http://" in line))[0]
    face.terminate()
    face.wait(60)


@pytest.fixture(scope="module")
def page(chromium, address):
    """The page, connected to the backend; an error of its scripts fails the test that follows."""
    page = chromium.new_page(viewport={"width": 1360, "height": 820})
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: pytest.fail(f"a script of the page failed: {error}"))
    page.goto(address)
    page.wait_for_selector("#connection:has-text('Connected')")
    return page


def test_the_scan_named_on_the_command_line_is_open(page):
    assert "head" in page.locator(".v-select").first.inner_text()
    assert page.locator("#segment").is_disabled(), "nothing was typed"


def test_what_is_typed_becomes_rows_with_volumes(page):
    page.locator("#tab-segment").click()
    page.fill("#prompt", "left hippocampus, liver")
    page.locator("#segment").click()
    page.wait_for_selector("#rows tbody tr")
    rows = [row.inner_text().split("\t") for row in page.locator("#rows tbody tr").all()]
    assert [row[-4].strip() for row in rows] == ["left hippocampus", "liver"]
    volumes = [row[-3].strip() for row in rows]  # untrained weights may say of either that it is not in view
    assert any(float(volume) > 0 for volume in volumes if volume != "–")
    assert [row[-1].strip() for row in rows] == ["–", "–"]
    assert (
        "Never tested on a scan of a person: left hippocampus, liver." in page.locator("#segment-message").inner_text()
    )


def test_the_slices_show_the_scan_under_its_segments(page, tmp_path):
    """Grey voxels and coloured segments."""
    import numpy as np
    from PIL import Image

    page.locator("#rows tbody tr").first.click()
    page.wait_for_timeout(3000)
    path = tmp_path / "page.png"
    page.screenshot(path=path)
    views = np.asarray(Image.open(path).convert("RGB")).astype(int)[:, 430:]
    spread = views.max(axis=2) - views.min(axis=2)
    assert (spread > 40).mean() > 0.005, "no colour of a segment"
    assert ((spread < 8) & (views.mean(axis=2) > 60)).mean() > 0.005, "no grey of the scan"


def test_an_unknown_word_is_told_in_words(page):
    page.fill("#prompt", "xyzzy")
    page.locator("#segment").click()
    page.wait_for_selector("#segment-message:has-text('xyzzy')")


def test_similar_scans_come_with_pictures(page):
    page.locator("#tab-similar").click()
    page.locator("#find").click()
    page.wait_for_selector("#hits img[src^='data:image/png']")
    assert "of 1 scans" in page.locator("#similar-message").inner_text()


def test_heads_answer_beside_the_sentence_on_research_use(page):
    page.locator("#tab-classify").click()
    page.locator("#classify").click()
    page.wait_for_selector("#answers tbody tr")
    assert "not applicable" in page.locator("#answers").inner_text(), "no head was fitted to these weights"
    assert page.locator("#research-use").inner_text() == "For research use only, not for diagnosis."


def test_without_the_secret_of_the_address_nothing_is_shown(chromium, address):
    page = chromium.new_page()
    page.goto(address.split("?")[0])
    page.wait_for_timeout(3000)
    assert page.locator("#prompt").count() == 0

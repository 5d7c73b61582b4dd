"""Draw the browser face: python Testing/web/screenshot.py FOLDER [--tabs segment similar …] [--weights FOLDER] [--prompt TEXT]
[--library PATH]

The scan is the MNI152 T1 image that the nilearn package carries, the backend a real one with the shipped weights, the browser Debian's
Chromium. For `similar` a library is made from --library (a folder, or a CSV as `mrifoundation library add` takes it). Needs
`make web-environment`.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from mrifoundation.cli.demo import sample_scan

HERE = Path(__file__).resolve().parent
WEB_PYTHON = HERE.parents[1] / ".venv-web/bin/python"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PROMPT = "both hippocampi, thalamus, caudate nucleus, putamen, lateral ventricle, brainstem"
FILES = {"segment": "browser-face.png", "similar": "browser-similar.png", "classify": "browser-classify.png"}
PATIENCE = 1_800_000  # milliseconds, for a machine that is busy
TO_DRAW = 5_000  # milliseconds until the slices have come as pictures


def segment(page, wanted) -> None:
    page.fill("#prompt", wanted.prompt)
    page.locator("#segment").click()
    page.locator("#rows tbody tr").first.click()


def similar(page, _wanted) -> None:
    page.locator("#find").click()
    page.wait_for_selector("#hits img")
    page.locator("#hits .v-card").first.click()


def classify(page, _wanted) -> None:
    page.fill("#age", "70")
    page.locator("#classify").click()
    page.wait_for_selector("#answers tbody tr")


def draw(address: str, wanted) -> None:
    """One picture a tab, all of the same page."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1360, "height": 820})
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector("#connection:has-text('Connected')")
        for tab in wanted.tabs:
            page.locator(f"#tab-{tab}").click()
            globals()[tab](page, wanted)
            page.wait_for_timeout(TO_DRAW)
            page.screenshot(path=wanted.folder / FILES[tab])
        browser.close()
    for tab in wanted.tabs:
        path = wanted.folder / FILES[tab]
        Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


def fill(library: str, wanted) -> None:
    """Take the scans of --library into a library of their own."""
    command = [sys.executable, "-m", "mrifoundation", "library", "add", "--library", library, wanted.library]
    subprocess.run(command + (["--weights", wanted.weights] if wanted.weights else []), check=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tabs", nargs="+", default=["segment"], choices=list(FILES))
    parser.add_argument("--weights", type=Path, help="folder of weights instead of the shipped ones")
    parser.add_argument("--prompt", default=PROMPT)
    parser.add_argument("--library", type=Path, help="scans for the tab similar: a folder or a CSV")
    wanted = parser.parse_args()
    if "similar" in wanted.tabs and not wanted.library:
        parser.error("the tab similar needs --library: a folder, or a CSV as `mrifoundation library add` takes it")
    return wanted


def main() -> None:
    wanted = arguments()
    own = tempfile.mkdtemp()  # a key of its own
    os.environ.pop("MRIFOUNDATION_KEY", None)
    os.environ |= {"XDG_CONFIG_HOME": own, "MRIFOUNDATION_LIBRARY": own + "/library"}
    sys.path.insert(0, str(HERE.parent / "slicer"))
    from backend_process import BackendProcess

    if wanted.library:
        fill(own + "/library", wanted)
    backend = BackendProcess(wanted.weights)
    backend.start()
    command = [WEB_PYTHON, "-m", "mrifoundation_web", sample_scan(), "--backend", backend.url, "--port", "0"]
    face = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        draw(re.search(r"http://\S+", next(line for line in face.stdout if "http://" in line))[0], wanted)
    finally:
        face.terminate()
        backend.kill()


if __name__ == "__main__":
    main()

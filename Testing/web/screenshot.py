"""Draw the browser face: python Testing/web/screenshot.py FOLDER [--weights FOLDER] [--prompt TEXT]

The scan is the MNI152 T1 image that the nilearn package carries, the backend a real one with the shipped weights, the browser Debian's
Chromium. Needs `make web-environment`.
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
PATIENCE = 1_800_000  # milliseconds, for a machine that is busy
TO_DRAW = 5_000  # milliseconds until the slices have come as pictures


def draw(address: str, prompt: str, path: Path) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1360, "height": 820})
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector("#connection:has-text('Connected')")
        page.locator("#tab-segment").click()
        page.fill("#prompt", prompt)
        page.locator("#segment").click()
        page.wait_for_selector("#rows tbody tr")
        page.locator("#rows tbody tr").first.click()
        page.wait_for_timeout(TO_DRAW)
        page.screenshot(path=path)
        browser.close()
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, help="folder of weights instead of the shipped ones")
    parser.add_argument("--prompt", default=PROMPT)
    wanted = parser.parse_args()
    own = tempfile.mkdtemp()  # a key of its own
    os.environ.pop("MRIFOUNDATION_KEY", None)
    os.environ |= {"XDG_CONFIG_HOME": own, "MRIFOUNDATION_LIBRARY": own + "/library"}
    sys.path.insert(0, str(HERE.parent / "slicer"))
    from backend_process import BackendProcess

    backend = BackendProcess(wanted.weights)
    backend.start()
    command = [WEB_PYTHON, "-m", "mrifoundation_web", sample_scan(), "--backend", backend.url, "--port", "0"]
    face = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://\S+", next(line for line in face.stdout if "http://" in line))[0]
        draw(address, wanted.prompt, wanted.folder / "browser-face.png")
    finally:
        face.terminate()
        backend.kill()


if __name__ == "__main__":
    main()

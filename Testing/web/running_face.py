"""The browser face in a process of its own, and what a person does on its page."""

import os
import re
import subprocess

from running_service import KEY

ROWS = "#rows tbody tr"


class RunningFace:
    """`scans`: files to open; `module`: what runs, ["-m", "mrifoundation_web"] or a script that begins with it."""

    def __init__(self, python, backend, *scans, module=("-m", "mrifoundation_web")):
        environment = {**os.environ, "MRIFOUNDATION_KEY": KEY}
        command = [python, *module, *scans, "--backend", backend, "--port", "0"]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.address = re.search(r"http://\S+", next(line for line in self.process.stdout if "http://" in line))[0]

    def __enter__(self):
        return self

    def __exit__(self, *_about) -> None:
        self.process.terminate()
        self.process.wait(60)


def choose(page, scan: str) -> None:
    """Choose a scan by its name."""
    page.locator(".v-select:has(#scan)").click()
    page.locator(".v-overlay--active .v-list-item", has_text=scan).click()
    page.wait_for_selector(f".v-select:has(#scan):has-text('{scan}')")
    wait_until_told(page)


def wait_until_told(page) -> None:
    """Until the face knows what was chosen on the page."""
    page.evaluate(
        "async () => { do await window.trame.state.flush(), await window.trame.trigger('nothing'); "
        "while (window.trame.state.dirtyKeys.size) }"
    )


def ask(page, prompt: str) -> None:
    """Ask for structures."""
    page.locator("#tab-segment").click()
    page.fill("#prompt", prompt)
    page.locator("#segment").click()


def wait_until_idle(page) -> None:
    """Until the request is over: nothing is left to cancel."""
    page.wait_for_selector("#cancel:disabled")


def names(page) -> list[str]:
    """The structures in the table."""
    return [row.inner_text().split("\t")[-4].strip() for row in page.locator(ROWS).all()]

"""Which build of PyTorch fits the graphics card of this computer and its driver, as NVIDIA's own program tells them. No Qt, no MRML."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from . import Rosetta
from .Failures import BackendError
from .Sentence import Sentence
from .Sentence import translatable as _

_INDEX = "https://download.pytorch.org/whl/"
_ASK = ("--query-gpu=compute_cap,driver_version", "--format=csv,noheader")
_NO_DEVICES = 6  # how nvidia-smi ends where there is a driver and no card
_PATIENCE = 30.0  # seconds; a driver that was not in use takes some to wake up


@dataclass(frozen=True)
class Cards:
    """For which cards a build has kernels, by their "compute capability", and which driver it wants at least."""

    build: str
    oldest: tuple[int, int]
    newest: tuple[int, int]
    driver: int

    def has(self, capability: tuple[int, int]) -> bool:
        return self.oldest <= capability <= self.newest


_BUILDS = (
    Cards("cu130", (7, 5), (99, 0), 580),  # Turing and newer
    Cards("cu128", (10, 0), (12, 9), 570),  # Blackwell under a driver from before CUDA 13; its last PyTorch is 2.11
    Cards("cu126", (5, 0), (9, 0), 525),  # Maxwell to Hopper; the last with Pascal and Volta
)
"""The builds of PyTorch 2.6 to 2.14, the best first. 2.15 has none for what is older than Turing."""


@dataclass(frozen=True)
class TorchBuild:
    """`name`: "cpu", or the version of CUDA as in "cu126". `drawback`: why it leaves a GPU alone that is there."""

    name: str
    drawback: Sentence | str = ""

    @property
    def uses_gpu(self) -> bool:
        return self.name != "cpu"

    @property
    def kind(self) -> Sentence:
        """For what it is, in words."""
        if self.uses_gpu:
            return _("for the NVIDIA GPU")
        if self.drawback:
            return _("for the processor ({drawback})").format(drawback=self.drawback)
        return _("for the processor")

    def index(self, platform: str) -> str:
        """Where it is found, "" for pip's usual index, whose own build is CUDA's on Linux and the processor's elsewhere."""
        usual = "cu130" if platform.startswith("linux") else "cpu"
        return "" if self.name == usual else _INDEX + self.name


def fitting(variables: Mapping[str, str], button: str) -> TorchBuild:
    """The build for this computer; BackendError where there is none. It starts a program and waits for it.

    variables: those of the environment. button: what is to be pressed again after a remedy.
    """
    if Rosetta.is_intel_mac():
        raise BackendError(
            _(
                "PyTorch is no longer made for Macs with an Intel processor, so the backend cannot be installed on this one: install it on "
                "another computer, then tick Use another machine and enter its address."
            )
        )
    program = shutil.which("nvidia-smi", path=variables.get("PATH", ""))
    return _for_gpu(program, variables, button) if program and sys.platform != "darwin" else TorchBuild("cpu")


def _for_gpu(program: str, variables: Mapping[str, str], button: str) -> TorchBuild:
    told = _ask(program, variables)
    if told is None:
        words = _(
            "the driver of the NVIDIA GPU does not tell what it can do: update it, then press {button} again to use it"
        )
        return TorchBuild("cpu", words.format(button=button))
    return choose(max(told), button) if told else TorchBuild("cpu")


def choose(card: tuple[tuple[int, int], int], button: str) -> TorchBuild:
    """The build for a card of this capability under a driver of this version."""
    capability, driver = card
    able = [cards for cards in _BUILDS if cards.has(capability)]
    if not able:
        return TorchBuild("cpu", _("the NVIDIA GPU of this computer is too old for PyTorch"))
    for cards in able:
        if driver >= cards.driver:
            return TorchBuild(cards.build)
    words = _(
        "the driver {driver} of the NVIDIA GPU is too old for PyTorch: update it to {needed} or newer, then press {button} again to use it"
    )
    return TorchBuild("cpu", words.format(driver=driver, needed=min(one.driver for one in able), button=button))


def _ask(program: str, variables: Mapping[str, str]) -> list[tuple[tuple[int, int], int]] | None:
    """Capability and driver of each card; None where it does not tell, as drivers from before 2021 do not."""
    try:
        asked = subprocess.run(
            [program, *_ASK],
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        if asked.returncode == _NO_DEVICES:
            return []
        return [_read(line) for line in asked.stdout.decode("utf-8", "replace").splitlines()] or None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _read(line: str) -> tuple[tuple[int, int], int]:
    """ "8.9, 551.23" → ((8, 9), 551)."""
    capability, driver = line.split(",")
    major, minor = capability.split(".")
    return (int(major), int(minor)), int(driver.split(".")[0])

"""Macs with an Apple chip run programs for Intel by translating them, as they do with most Slicers: what such a Slicer starts would
be translated, too, where it has a half for either, and there is no PyTorch for that half. No Qt, no MRML."""

from __future__ import annotations

import os
import sys

_NATIVELY = ("/usr/bin/arch", "-arm64")


def has_apple_chip() -> bool:
    """By the name of the kernel, which says so to translated programs as well; they are told elsewhere that they run on Intel's."""
    return sys.platform == "darwin" and "ARM64" in os.uname().version


def is_intel_mac() -> bool:
    return sys.platform == "darwin" and not has_apple_chip()


def natively(command: list[str]) -> list[str]:
    """The command by which a program with a half for either chip runs the one for this computer's."""
    return [*_NATIVELY, *command] if has_apple_chip() else command

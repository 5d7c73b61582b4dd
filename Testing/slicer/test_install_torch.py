"""Which PyTorch is installed: the build with kernels for the card of this computer that its driver can run."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("slicer_app")


def a_driver(folder: Path, says: str, ends_with: int = 0) -> dict[str, str]:
    """The environment of a computer whose nvidia-smi says this."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\nexit {ends_with}\n")
    program.chmod(0o755)
    return {"PATH": os.pathsep.join((str(folder), os.environ["PATH"]))}


def fitting(variables: dict[str, str]):
    from MRIFoundationLib import TorchBuild

    return TorchBuild.fitting(variables, "Install")


@pytest.mark.parametrize(
    ("card", "build"),
    [
        ("12.0, 581.42", "cu130"),  # RTX 5090
        ("12.0, 572.16", "cu128"),
        ("12.1, 580.95.05", "cu130"),  # of a chip with Arm's cores
        ("9.0, 570.86.15", "cu126"),  # H100
        ("8.9, 580.65.06", "cu130"),
        ("8.6, 535.183.01", "cu126"),
        ("7.5, 591.00", "cu130"),
        ("7.0, 591.00", "cu126"),  # V100: CUDA 13 has nothing for it
        ("6.1, 551.23", "cu126"),
        ("5.2, 560.94", "cu126"),
        ("6.1, 566.03\n8.9, 566.03", "cu126"),
        ("6.1, 580.10\n12.0, 580.10", "cu130"),  # PyTorch takes the fastest first
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a program of Unix")
def test_the_build_has_kernels_for_the_card_and_runs_under_its_driver(tmp_path, card, build):
    fits = fitting(a_driver(tmp_path, card))
    assert fits.name == build and fits.uses_gpu and fits.kind == "for the NVIDIA GPU"


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (
            "8.6, 470.82",
            "the driver 470 of the NVIDIA GPU is too old for PyTorch: update it to 525 or newer, then press Install",
        ),
        ("12.0, 566.36", "update it to 570 or newer"),
        ("3.5, 470.82", "the NVIDIA GPU of this computer is too old for PyTorch"),
        ('Field "compute_cap" is not a valid field to query.', "does not tell what it can do: update it"),
        ("[N/A], 535.1", "does not tell what it can do"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a program of Unix")
def test_a_gpu_that_is_left_alone_is_told_with_why(tmp_path, card, words):
    fits = fitting(a_driver(tmp_path, card))
    assert fits.name == "cpu" and fits.kind.startswith("for the processor (") and words in fits.kind


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a program of Unix")
def test_a_driver_without_a_card_is_no_gpu(tmp_path):
    assert fitting(a_driver(tmp_path, "No devices were found", 6)).kind == "for the processor"


def test_a_computer_without_a_driver_has_no_gpu(tmp_path):
    assert fitting({"PATH": str(tmp_path)}).kind == "for the processor"


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a program of Unix")
def test_a_driver_that_hangs_is_not_waited_for(tmp_path, monkeypatch):
    from MRIFoundationLib import TorchBuild

    monkeypatch.setattr(TorchBuild, "_PATIENCE", 0.2)
    variables = a_driver(tmp_path, "")
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\nexec sleep 20\n")
    assert "does not tell" in fitting(variables).kind


def test_a_mac_with_an_intel_processor_is_told_that_there_is_none(monkeypatch):
    from MRIFoundationLib import Rosetta
    from MRIFoundationLib.Failures import BackendError

    monkeypatch.setattr(Rosetta, "is_intel_mac", lambda: True)
    with pytest.raises(
        BackendError, match=r"no longer made for Macs with an Intel processor.*tick Use another machine"
    ):
        fitting({"PATH": ""})


@pytest.mark.parametrize(
    ("build", "platform", "index"),
    [
        ("cpu", "linux", "--index-url https://download.pytorch.org/whl/cpu "),
        ("cu130", "linux", ""),
        ("cu126", "linux", "--index-url https://download.pytorch.org/whl/cu126 "),
        ("cu130", "win32", "--index-url https://download.pytorch.org/whl/cu130 "),
        ("cu128", "win32", "--index-url https://download.pytorch.org/whl/cu128 "),
        ("cpu", "win32", ""),
        ("cpu", "darwin", ""),
    ],
)
def test_pytorch_comes_from_the_index_of_its_build_and_all_else_from_the_usual_one(build, platform, index):
    from MRIFoundationLib.FoundPython import FoundPython
    from MRIFoundationLib.Installation import Installation
    from MRIFoundationLib.TorchBuild import TorchBuild

    maker = FoundPython(Path("/python"))
    torch, backend, _ = Installation(Path("/e"), "/source", maker, TorchBuild(build), platform=platform).steps()
    assert " ".join(torch.command).endswith(f"--progress-bar off {index}--no-deps torch>=2.6")
    assert "download.pytorch.org" not in " ".join(backend.command)

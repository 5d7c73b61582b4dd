"""How far an installation is: pip's lines for programs where its pip has them, the log as it is elsewhere."""

import sys
from pathlib import Path

import pytest


def an_environment(folder: Path, pip: str, packages: str = "lib/python3.12/site-packages") -> Path:
    (folder / packages / f"pip-{pip}.dist-info").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(("pip", "told"), [("23.2.1", "off"), ("24.0", "off"), ("24.1", "raw"), ("25.3", "raw")])
@pytest.mark.parametrize("packages", ["lib/python3.12/site-packages", "Lib/site-packages"])
def test_pip_is_asked_for_lines_where_it_has_them(slicer_app, tmp_path, pip, told, packages):
    from MRIFoundationLib.FoundPython import FoundPython
    from MRIFoundationLib.Installation import Installation
    from MRIFoundationLib.TorchBuild import TorchBuild

    maker = FoundPython(Path("/python"))
    plan = Installation(an_environment(tmp_path, pip, packages), "/source", maker, TorchBuild("cpu"))
    for step in plan.steps()[:2]:
        assert f"--progress-bar {told} " in " ".join(step.command)


@pytest.mark.parametrize(
    ("line", "percent"), [("Progress 5 of 20", 25), ("Progress 0 of 0", 0), ("Progress of the work", None), ("", None)]
)
def test_a_line_of_pip_is_read(line, percent):
    from MRIFoundationLib.PipProgress import read

    told = read(line)
    assert (told and told.percent) == percent


class Fetching:
    """A plan whose only program fetches a file as pip does, and waits in the middle until it may go on."""

    def __init__(self, folder: Path, go_on: Path):
        self.environment = folder / "environment"
        self.python, self.wheels = Path(sys.executable), None
        self._program = folder / "fetch.py"
        self._program.write_text(
            "import pathlib, time\nprint('Downloading torch.whl (200.0 MB)')\nprint('Progress 0 of 200000000')\n"
            "print('Progress 84000000 of 200000000', flush=True)\n"
            f"while not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.02)\nprint('Installing collected packages')\n"
        )

    def check_room(self) -> None:
        pass

    def making(self):
        return [self.removal(self.environment)]

    def steps(self):
        from MRIFoundationLib.Installation import Step

        return [Step("Installing PyTorch", [sys.executable, str(self._program)])]

    def removal(self, _folder: Path):
        from MRIFoundationLib.Installation import Step

        return Step("", [sys.executable, "-c", ""])


def test_the_panel_shows_how_much_of_the_file_is_here_and_keeps_the_lines_out_of_the_log(panel, tmp_path):
    from double.events import wait_until

    backend, go_on = panel.backendPanel, tmp_path / "go on"
    panel.ui.backendSection.collapsed = False
    assert not backend.ui.installBar.visible
    backend.local.install(Fetching(tmp_path, go_on))
    wait_until(lambda: "42 %" in backend.ui.localLabel.text, what="the progress")
    assert backend.ui.localLabel.text == "Installing PyTorch: 42 % of 200 MB"
    assert backend.ui.installBar.visible and (backend.ui.installBar.value, backend.ui.installBar.maximum) == (42, 100)
    go_on.touch()
    wait_until(lambda: not backend.local.doing, what="the end of the installation")
    assert "Downloading torch.whl" in backend.ui.logView.plainText and "Progress" not in backend.ui.logView.plainText
    assert not backend.ui.installBar.visible

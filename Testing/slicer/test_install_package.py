"""An extension as the Extensions Manager delivers it, without the checkout around it: the backend is installed from its own wheel."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_wheels import SERVING, a_wheel

ROOT = Path(__file__).resolve().parents[2]
MODULES = "lib/Slicer-5.10/qt-scripted-modules"

USE_SLICER = f"""
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR {MODULES})
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR {MODULES})
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY "WITH_GENERIC_TESTS" "NAME" "SCRIPTS;RESOURCES" ${{ARGN}})
  foreach(file ${{MY_SCRIPTS}} ${{MY_RESOURCES}})
    get_filename_component(folder ${{file}} DIRECTORY)
    install(FILES ${{file}} DESTINATION ${{Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}}/${{folder}})
  endforeach()
endmacro()
"""
FILES = {"USE_FILE": "Use.cmake", "EXTENSION_GENERATE_CONFIG": "No.cmake", "EXTENSION_CPACK": "No.cmake"}
SLICER_CONFIG = "\n".join(f'set(Slicer_{name} "${{CMAKE_CURRENT_LIST_DIR}}/{file}")' for name, file in FILES.items())
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "tiny_build"\nbackend-path = ["."]\n'
TINY_BUILD = """
import pathlib, shutil

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    [made] = pathlib.Path("made").glob("*.whl")
    return pathlib.Path(shutil.copy(made, wheel_directory)).name
"""
INSTALL = """
import os, subprocess, sys, types
sys.modules["slicer.i18n"] = types.SimpleNamespace(tr=lambda text: text)
from MRIFoundationLib import Installing, LocalPaths
from MRIFoundationLib.Installation import Installation

run, is_good = Installing.carry_out(Installation.plan(dict(os.environ))), None
try:
    while True:
        step = run.send(is_good)
        is_good = subprocess.run(step.command, env={**os.environ, **step.variables}).returncode == 0
except StopIteration as end:
    print("installed:", end.value, LocalPaths.find_command("", ""))
"""

pytestmark = pytest.mark.skipif(
    not (shutil.which("cmake") and shutil.which("c++")), reason="needs cmake and a compiler, as Slicer's extensions do"
)


@pytest.fixture
def checkout(tmp_path):
    """The extension as it is, with a backend small enough to build without a network."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "MRIFoundation", folder / "MRIFoundation", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "CMakeLists.txt", folder)
    (folder / "deploy").mkdir()
    (folder / "deploy/constraints.txt").write_text("torch<=9.0\n")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "tiny_build.py").write_text(TINY_BUILD)
    a_wheel(folder / "made", "mrifoundation", SERVING, command="mrifoundation")
    return folder


def configured(checkout: Path, build: Path, python: str, *more: str) -> tuple[int, str]:
    """How CMake ends for the extension and what it prints, with a stand-in for Slicer that puts files where Slicer does."""
    slicer = build.parent / "slicer"
    slicer.mkdir(exist_ok=True)
    for name, content in (("SlicerConfig", SLICER_CONFIG), ("Use", USE_SLICER), ("No", "")):
        (slicer / f"{name}.cmake").write_text(content)
    command = ["cmake", "-S", checkout, "-B", build, f"-DSlicer_DIR={slicer}", f"-DMRIFoundation_WHEEL_PYTHON={python}"]
    return ran([*command, *more])


def printed(command: list, **variables: str) -> str:
    ended, said = ran(command, **variables)
    assert ended == 0, said
    return said


def ran(command: list, **variables: str) -> tuple[int, str]:
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    ended = subprocess.run(command, env={**os.environ, **variables}, **both)
    return ended.returncode, ended.stdout


def test_the_packaged_module_installs_the_backend_from_its_own_wheel(checkout, tmp_path):
    build, package, wheels = tmp_path / "build", tmp_path / "package", tmp_path / "wheels"
    assert configured(checkout, build, sys.executable)[0] == 0
    printed(["cmake", "--build", build])
    printed(["cmake", "--install", build, "--prefix", package])
    shutil.rmtree(checkout)
    a_wheel(wheels, "torch", "__version__ = '9.0'\n")
    a_wheel(wheels, "torch", "raise ImportError('not tested')\n", version="9.1")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    own = {"PYTHONPATH": str(package / MODULES), "XDG_DATA_HOME": str(tmp_path / "data"), "LOCALAPPDATA": str(tmp_path)}
    said = printed([sys.executable, "-c", INSTALL], **offline, **own)
    assert "The backend runs with PyTorch 9.0" in said
    assert re.search(rf"installed: True {tmp_path}\S+mrifoundation\S*$", said.strip())


def test_a_build_that_cannot_have_the_backend_fails_and_says_what_to_do(checkout, tmp_path):
    """A package whose Install button cannot work is worse than none."""
    ended, said = configured(checkout, tmp_path / "build", str(tmp_path / "nothing"))
    assert ended != 0 and "-DMRIFoundation_WHEEL_PYTHON=/path/to/python3" in said


def test_a_build_may_go_without_the_backend_when_it_is_told_to(checkout, tmp_path):
    without = "-DMRIFoundation_WITHOUT_BACKEND=ON"
    ended, said = configured(checkout, tmp_path / "build", str(tmp_path / "nothing"), without)
    assert ended == 0, said
    printed(["cmake", "--build", tmp_path / "build"])

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
        is_good = subprocess.run(run.send(is_good).command).returncode == 0
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
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "tiny_build.py").write_text(TINY_BUILD)
    a_wheel(folder / "made", "mrifoundation", SERVING, command="mrifoundation")
    return folder


def configured(checkout: Path, build: Path, python: str) -> str:
    """What CMake prints for the extension, with a stand-in for Slicer that puts files where Slicer does."""
    slicer = build.parent / "slicer"
    slicer.mkdir()
    for name, content in (("SlicerConfig", SLICER_CONFIG), ("Use", USE_SLICER), ("No", "")):
        (slicer / f"{name}.cmake").write_text(content)
    command = ["cmake", "-S", checkout, "-B", build, f"-DSlicer_DIR={slicer}", f"-DMRIFoundation_WHEEL_PYTHON={python}"]
    return printed(command)


def printed(command: list, **variables: str) -> str:
    ran = subprocess.run(
        command, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def test_the_packaged_module_installs_the_backend_from_its_own_wheel(checkout, tmp_path):
    build, package, wheels = tmp_path / "build", tmp_path / "package", tmp_path / "wheels"
    configured(checkout, build, sys.executable)
    printed(["cmake", "--build", build])
    printed(["cmake", "--install", build, "--prefix", package])
    shutil.rmtree(checkout)
    a_wheel(wheels, "torch", "__version__ = '9.0'\n")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    own = {"PYTHONPATH": str(package / MODULES), "XDG_DATA_HOME": str(tmp_path / "data"), "LOCALAPPDATA": str(tmp_path)}
    said = printed([sys.executable, "-c", INSTALL], **offline, **own)
    assert "The backend runs with PyTorch 9.0" in said
    assert re.search(rf"installed: True {tmp_path}\S+mrifoundation\S*$", said.strip())


def test_a_build_without_a_python_says_so_and_how_to_name_one(checkout, tmp_path):
    said = configured(checkout, tmp_path / "build", str(tmp_path / "nothing"))
    assert "the package will lack" in said and "-DMRIFoundation_WHEEL_PYTHON=/path/to/python3" in said

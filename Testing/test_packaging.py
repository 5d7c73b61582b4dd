"""What the distribution declares is what the code needs and carries."""

import ast
import importlib
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = {name: ROOT / folder for name, folder in PROJECT["tool"]["setuptools"]["package-dir"].items()}
# What the Slicer module imports, Slicer brings; Testing/slicer/test_extension.py watches over it.
PACKAGES = {name: folder for name, folder in FOLDERS.items() if name != "MRIFoundationLib"}
# What another dependency brings along as part of its own interface.
BROUGHT_BY = {
    "starlette": "fastapi",
    "pydantic": "fastapi",
    "anyio": "fastapi",
    "huggingface-hub": "tokenizers",
    "trame": "trame-slicer",
    "slicer": "trame-slicer",
}


def _distribution(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def _imported_at(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_import_is_declared(package):
    declared = {_distribution(requirement) for requirement in PROJECT["project"]["dependencies"]}
    optional = {_distribution(one) for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra}
    installed = packages_distributions()
    for path in PACKAGES[package].rglob("*.py"):
        for module in _imported_at(path) - set(sys.stdlib_module_names) - set(FOLDERS):
            names = {name.lower().replace("_", "-") for name in installed.get(module, [module])}
            names |= {BROUGHT_BY[name] for name in names if name in BROUGHT_BY}
            assert names & (declared | optional), f"{path.relative_to(ROOT)} imports {module}, which is not declared"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_data_file_ships(package):
    patterns = PROJECT["tool"]["setuptools"]["package-data"].get(package, [])
    shipped = {pattern.removeprefix("**/*") for pattern in patterns}
    files = [path for path in PACKAGES[package].rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.suffix for path in files} - {".py"} <= shipped


@pytest.mark.parametrize("script", PROJECT["project"]["scripts"].values())
def test_scripts_lead_to_functions(script):
    module, function = script.split(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_the_makefile_has_the_three_commands():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in ("run", "serve", "test"))

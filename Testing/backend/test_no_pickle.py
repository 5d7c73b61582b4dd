"""Nothing that runs code hidden in a file is ever called."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["where"]
SOURCES = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
CALLS = {"torch.load", "torch.jit.load", "pandas.read_pickle", "pd.read_pickle", "yaml.unsafe_load", "yaml.full_load"}


def unpickling(source: str) -> list[str]:
    """What in `source` could unpickle: imports, calls, and allow_pickle=True."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.partition(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if called in CALLS or given.get("allow_pickle", "False") != "False":
                found.append(called)
            if called == "yaml.load" and "SafeLoader" not in given.get("Loader", ""):
                found.append(called)
    return found


def test_no_source_unpickles():
    assert len(SOURCES) > 200 and {"backend", "training", "MRIFoundation", "web"} <= set(PARTS)
    found = {str(path.relative_to(ROOT)): unpickling(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: calls for path, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import torch\ntorch.load('x', weights_only=False)",
        "np.load('x', allow_pickle=True)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.FullLoader)",
        "yaml.unsafe_load(text)",
    ],
)
def test_the_search_finds_what_it_looks_for(source):
    assert unpickling(source)

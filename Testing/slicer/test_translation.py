"""What a person reads in the panels can be translated: every text goes through `_()`, whole and as a literal.

Sentences of failures are made where neither Qt nor Slicer is known, or in the backend, and stay English.
"""

import ast
import itertools
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[2] / "MRIFoundation"
SHOWN_ATTRIBUTES = {"text", "toolTip", "placeholderText", "title", "windowTitle", "html"}
SHOWING_CALLS = {"say", "_say", "setText", "setToolTip", "QTableWidgetItem", "table_item", "addItem"}
FILES = sorted([MODULE / "MRIFoundation.py", *(MODULE / "MRIFoundationLib").glob("*.py")])


def has_words(node: ast.AST) -> bool:
    """Whether it is a literal with at least two letters in a row: units, symbols and rich text tags are no words."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        plain = node.value.replace("<br>", "")
        return any(one.isalpha() and other.isalpha() for one, other in itertools.pairwise(plain))
    return isinstance(node, ast.JoinedStr) and any(map(has_words, node.values))


def shown(tree: ast.AST):
    """The expressions that a person reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            if any(isinstance(one, ast.Attribute) and one.attr in SHOWN_ATTRIBUTES for one in node.targets):
                yield node.value
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SHOWING_CALLS:
                yield from node.args


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_text_is_shown_without_translation(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [f"line {node.lineno}: {ast.unparse(node)}" for node in shown(tree) if has_words(node)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_translated_is_a_literal(path):
    """A text put together before it is looked up is never found; values come in by `format` afterwards."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"]
    wrong = [call for call in calls if not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant))]
    assert not [f"line {call.lineno}: {ast.unparse(call)}" for call in wrong]

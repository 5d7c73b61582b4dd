"""What a person reads in the panels can be translated: every text goes through `_()`, whole and as a literal.

Sentences that are made in worker threads, where Slicer cannot be asked, are translated where they are shown; the backend's stay English.
"""

import ast
import itertools
import re
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[2] / "MRIFoundation"
SHOWN_ATTRIBUTES = {"text", "toolTip", "placeholderText", "title", "windowTitle", "html"}
SHOWING_CALLS = {"say", "_say", "setText", "setToolTip", "QTableWidgetItem", "table_item", "addItem"}
FAILURES = {"BackendError", "KeyRefused", "NotABackend", "NotHeld", "Silent", "Stopped", "Unreachable"}
TELLING_CALLS = {"progress", "Found", *FAILURES}
"""Their last argument comes before the person, by and by."""
FILES = sorted([MODULE / "MRIFoundation.py", *(MODULE / "MRIFoundationLib").glob("*.py")])
ENGLISH = {"Task", "Terminology"}
"""Files whose sentences stay English: Task's go to the log, Terminology's are names of Slicer's own."""
TRANSLATABLE = [path for path in FILES if path.stem not in ENGLISH and path.parent != MODULE]
PROSE = re.compile(r"\b[a-z]+,? [a-z]+,? [a-z]+\b")
"""Three words in small letters: a sentence, or a good part of one."""


def has_words(node: ast.AST) -> bool:
    """Whether it is a literal with at least two letters in a row: units, symbols and rich text tags are no words."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        plain = node.value.replace("<br>", "")
        return any(one.isalpha() and other.isalpha() for one, other in itertools.pairwise(plain))
    if isinstance(node, ast.IfExp):
        return has_words(node.body) or has_words(node.orelse)
    return isinstance(node, (ast.JoinedStr, ast.BoolOp)) and any(map(has_words, node.values))


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
            elif name in TELLING_CALLS:
                yield from node.args[-1:]


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


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_text_is_translated_inside_an_f_string(path):
    """Qt's lupdate, which lists the texts for the translators, does not look there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = [part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)]
    assert not [f"line {part.lineno}" for part in inside if isinstance(part, ast.Name) and part.id == "_"]


def sentences(source: str):
    """The literals that read as prose where they stand for themselves: no documentation, nothing that is only compared with, no
    pattern (they are raw), no program, nothing that is translated."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"]
    others = [node for node in ast.walk(tree) if isinstance(node, (ast.Expr, ast.Compare))]
    left_out = {id(child) for node in (*calls, *others) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            is_raw = ast.get_source_segment(source, node).startswith("r")
            if PROSE.search(node.value) and not is_raw and not is_program(node.value):
                yield node


def is_program(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("path", TRANSLATABLE, ids=lambda path: path.stem)
def test_every_sentence_is_translated_wherever_it_is_made(path):
    """Also one that reaches the person as the message of an exception, or as a cause inside another sentence."""
    source = path.read_text(encoding="utf-8")
    assert not [f"line {node.lineno}: {ast.unparse(node)}" for node in sentences(source)]

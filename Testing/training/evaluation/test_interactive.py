"""The robot user, the baselines it also clicks for, and the whole evaluation on a scan made here."""

import csv
import io
import json

import nibabel as nib
import numpy as np
import pytest
from rich.console import Console

from mrifoundation import Scan
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.evaluation.interactive import clicked, evaluate, structures_of
from mrifoundation_training.evaluation.interactive_methods import grow_cut, walker
from mrifoundation_training.evaluation.interactive_robot import next_click
from mrifoundation_training.evaluation.interactive_table import Trace, as_json, print_rows, rows_of

SHAPE = (36, 32, 28)
MIDDLE = (16, 15, 14)


@pytest.fixture(scope="module")
def truth():
    return np.linalg.norm(np.indices(SHAPE).transpose(1, 2, 3, 0) - MIDDLE, axis=-1) <= 8


@pytest.fixture(scope="module")
def scan(truth):
    noise = np.random.default_rng(0).normal(100, 6, SHAPE)
    return Scan((noise + 120 * truth).astype(np.float32), np.diag([2.0, 2.0, 2.0, 1.0]))


def test_the_robot_clicks_in_the_middle_of_what_is_missing(truth):
    click = next_click(np.zeros(SHAPE, bool), truth, np.ones(3))
    assert click.positive and np.abs(np.array(click.voxel) - MIDDLE).max() <= 1


def test_the_robot_takes_the_larger_error_first(truth):
    mask = truth.copy()
    mask[16, 15, 14] = False
    mask[30:35, 2:7, 2:7] = True
    click = next_click(mask, truth, np.ones(3))
    assert not click.positive and click.voxel == (32, 4, 4)


def test_the_robot_is_content_when_nothing_is_wrong(truth):
    assert next_click(truth, truth, np.ones(3)) is None


@pytest.mark.parametrize("method", [walker, grow_cut])
def test_a_baseline_finds_a_bright_ball_from_one_click(method, scan, truth):
    box = (slice(4, 30), slice(3, 29), slice(2, 27))
    scores, _ = clicked(method(scan, box), np.zeros(SHAPE, bool), truth, scan.spacing, 1)
    assert scores[0] == 0 and scores[1] > 0.9


def test_traces_become_rows_with_what_was_reached():
    base = ("a", "s", "src", "liver", "nothing", "refine")
    traces = [Trace(*base, (0.0, 0.5, 0.92), 0.1), Trace("b", "t", *base[2:], (0.0, 0.4, 0.6), 0.1)]
    row = next(row for row in rows_of(traces) if row.source == "src")
    assert row.dice[1].mean == pytest.approx(0.45) and row.dice[10].mean == pytest.approx(0.76)
    assert (row.traces, row.reached) == (2, 1)


@pytest.mark.parametrize(
    ("reaching", "failing", "clicks", "shown"), [(2, 1, 2.0, "2"), (1, 1, None, "> 2"), (1, 2, None, "> 2")]
)
def test_a_failure_counts_as_more_clicks_than_were_made(reaching, failing, clicks, shown):
    scores = [(0.0, 0.5, 0.92)] * reaching + [(0.0, 0.4, 0.6)] * failing
    traces = [Trace(f"c{n}", f"s{n}", "src", "liver", "nothing", "refine", one, 0.1) for n, one in enumerate(scores)]
    rows = rows_of(traces)
    assert [(row["clicks"], row["most"]) for row in as_json(rows, traces, "m", {})["rows"]] == [(clicks, 2)] * 2
    console = Console(file=io.StringIO(), width=200)
    print_rows(console, rows, "", {})
    told = [line for line in console.file.getvalue().splitlines() if "src" in line]
    assert [line.split("│")[-2].strip() for line in told] == [shown]


def test_columns_end_with_the_clicks_that_were_asked_for():
    trace = Trace("a", "s", "src", "liver", "nothing", "refine", (0.0, 0.5, 0.6, 0.7), 0.1)
    console = Console(file=io.StringIO(), width=200)
    print_rows(console, rows_of([trace], clicks=3), "", {})
    told = console.file.getvalue()
    assert "Dice, 3" in told and "0.700" in told and "Dice, 5" not in told


def test_people_of_two_sources_are_two_though_they_are_called_the_same():
    traces = [Trace("c", "01", source, "liver", "nothing", "refine", (0.5,), 0.1) for source in ("one", "other")]
    assert [row.dice[0].subjects for row in rows_of(traces)] == [1, 1, 2]


def a_case(name, labels, table=None):
    return Case(name, name, "made", "abdomen", "image.nii.gz", labels, table or {})


def test_labels_of_one_name_are_one_structure(scan, truth):
    halves = truth.astype(np.int32)
    halves[truth & (np.arange(SHAPE[0]) < 16)[:, None, None]] = 2
    case = a_case("a", "labels.nii.gz", {0: "background", 1: "liver", 2: "liver"})
    ((name, mask),) = structures_of(case, halves, scan)
    assert name == "liver" and np.array_equal(mask, truth)


def test_a_manifest_is_evaluated_from_nothing_and_from_words(tmp_path, tiny_weights, scan, truth, capsys):
    nib.save(nib.Nifti1Image(scan.voxels, scan.affine), tmp_path / "image.nii.gz")
    nib.save(nib.Nifti1Image(truth.astype(np.uint8), scan.affine), tmp_path / "labels.nii.gz")
    (tmp_path / "table.json").write_text(json.dumps({"1": "liver"}))
    row = {
        "id": "one", "subject": "one", "source": "made", "region": "abdomen", "sequence": "T2", "kind": "image",
        "path": "image.nii.gz", "labels_path": "labels.nii.gz", "label_table": "table.json", "split": "dev",
    }  # fmt: skip
    with open(tmp_path / "volumes.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    assert (
        evaluate(
            tmp_path / "volumes.csv",
            from_nothing=True,
            clicks=2,
            profile="fast",
            weights=tiny_weights,
            as_json_object=True,
        )
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    traces = {(trace["begin"], trace["method"]): trace["dice"] for trace in found["traces"]}
    assert set(traces) == {("words", "refine"), *(("nothing", m) for m in ("refine", "random walker", "grow-cut"))}
    assert traces["nothing", "refine"][0] == 0 and max(traces["nothing", "refine"]) > 0.9

"""A network fine-tuned to a taught structure: nobody left out is seen, what was known is held, nothing is lost, the card says it all."""

import json
import shlex
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import torch
from taught_scans import AFFINE, a_body

from mrifoundation import Engine, InputError
from mrifoundation.cli import main
from mrifoundation.engine.taught import cells
from mrifoundation.engine.taught.files import find_card
from mrifoundation.errors import Cancelled
from mrifoundation.model import load_model
from mrifoundation.tasks.teach.example import Example, read_example
from mrifoundation.tasks.teach.teaching import examples_of, teach_structure
from mrifoundation.volume import Scan
from mrifoundation_training.data.volumes import load_case
from mrifoundation_training.fine_tuning import tuning
from mrifoundation_training.fine_tuning.annotated_case import STRUCTURE, UNKNOWN, annotated_case
from mrifoundation_training.fine_tuning.fine_tune import fine_tune
from mrifoundation_training.fine_tuning.held_out import HeldOut, Left, folds_of
from mrifoundation_training.fine_tuning.holding import Holding
from mrifoundation_training.fine_tuning.structure_query import structure_loss
from mrifoundation_training.run_state import TENSORS


@pytest.fixture
def own_structures(tmp_path, monkeypatch):
    """Where structures are kept, with nothing in it at first."""
    monkeypatch.setenv("MRIFOUNDATION_STRUCTURES", str(tmp_path / "structures"))
    return tmp_path / "structures"


@pytest.fixture
def teach(tiny_weights, own_structures, tmp_path, monkeypatch):
    """teach(patients): a ball taught from one scan of each of the patients, which may come twice; from a few cells, to be quick."""
    for most in ("MOST_INSIDE", "MOST_NEAR", "MOST_FAR"):
        monkeypatch.setattr(cells, most, 200)

    def teach(patients):
        examples = []
        for seed, patient in enumerate(patients):
            voxels, ball = a_body(seed)
            scan, labels = tmp_path / f"scan{seed}.nii.gz", tmp_path / f"labels{seed}.nii.gz"
            nib.save(nib.Nifti1Image(voxels, AFFINE), scan)
            nib.save(nib.Nifti1Image(ball.astype(np.uint8), AFFINE), labels)
            examples.append(read_example(scan, str(labels), patient=patient))
        return teach_structure(Engine.load(tiny_weights, "cpu"), "Bright ball", examples, profile="fast")

    return teach


def tuned(folder, weights, **more):
    return fine_tune("bright ball", folder, weights=weights, device="cpu", steps=1, folds=2, **more)


def test_everybody_is_left_out_once_and_the_card_tells_what_came_out(teach, tiny_weights, tmp_path, capsys):
    teach(["anna", "bert", "carl"])
    run, heard = tmp_path / "run", []

    def killed(stage, fraction, message):
        heard.append(message)
        if len(heard) == 2:  # before the second fold is measured
            raise Cancelled("Killed.")

    with pytest.raises(Cancelled):
        tuned(run, tiny_weights, progress=killed)
    done = tuned(run, tiny_weights, progress=killed)
    assert heard == ["Fold 1 of 2: step 1 of 1.", "Fold 2 of 2: step 1 of 1.", "Everybody: step 1 of 1."]  # none twice
    assert [(one.person, one.scan) for one in done.held_out.scans] == [
        ("person 1", "scan 1"), ("person 3", "scan 3"), ("person 2", "scan 2"),
    ]  # fmt: skip
    assert all(0 <= one.frozen <= 1 and 0 <= one.tuned <= 1 and one.kept for one in done.held_out.scans)
    assert "anna" not in "".join(path.read_text() for path in run.rglob("*.json"))

    (before, start), (after, card) = load_model(tiny_weights), load_model(done.weights)
    then, now = before.state_dict(), after.state_dict()
    moved = {name for name in then if not torch.equal(then[name], now[name])}
    assert moved and all(name.startswith("network.") for name in moved)
    assert card.training["init"] == start.model_id and card.training["steps"] == 1
    (data,) = card.training_data
    assert (data["source"], data["tier"], data["subjects"]) == ("own scans of Bright ball", "own", 3)
    assert "that of your data" in card.licence and card.scores[0]["people"] == 3
    assert any(done.held_out.sentences[1] in limit for limit in card.limits)

    with pytest.raises(InputError, match="begun with other"):
        fine_tune("bright ball", run, weights=tiny_weights, device="cpu", steps=2, folds=2)
    with pytest.raises(InputError, match="holds other files"):
        tuned(tmp_path, tiny_weights)

    states = [run / place / TENSORS for place in ("fold-1", "all")]
    for state in states:
        state.touch()  # as of a run that was killed before it could forget them
    asked = shlex.split(f"teach fine-tune 'bright ball' {run} --steps 1 --folds 2 --weights {tiny_weights}")
    assert main([*asked, "--json"]) == 0  # what is done is told again
    assert not any(state.exists() for state in states)
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(done.to_dict()))
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert all(sentence in " ".join(told.split()) for sentence in done.held_out.sentences)
    assert main(shlex.split(told.splitlines()[-1])[1:]) == 0  # the command that it ends with
    refreshed, measured = find_card("bright ball"), np.mean([one.tuned for one in done.held_out.scans])
    assert refreshed.model_id == card.model_id and refreshed.figures["dice"] == pytest.approx(measured, abs=1e-4)
    assert "fine-tuned to other people's" in refreshed.figures["sentence"]


def test_a_tuning_that_was_killed_goes_on_to_the_same_weights(tiny_weights, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "SAVE_EVERY", 1)
    voxels, ball = a_body(0)
    cases = [annotated_case(Example(Scan(voxels, AFFINE), ball), 1, "ball", tuning.SOURCE, "p")]
    recipe = tuning.recipe_of("ball", "ball", tiny_weights, "fast", 2)
    query = (np.zeros((16, 8), np.float32), -4.0)

    def weights(folder, tell):
        model = tuning.tune(tmp_path / folder, recipe, cases, query, ["liver"], torch.device("cpu"), tell)
        return model.network.state_dict()

    def killed(step):
        if step == 1:
            raise KeyboardInterrupt

    whole = weights("whole", lambda step: None)
    with pytest.raises(KeyboardInterrupt):
        weights("cut", killed)
    steps = []
    again = weights("cut", steps.append)
    assert steps == [2] and all(torch.equal(own, again[name]) for name, own in whole.items())


def test_no_dice_is_logged_of_views_without_the_structure(tiny_weights, tmp_path):
    voxels, ball = a_body(0)
    recipe = replace(tuning.recipe_of("ball", "ball", tiny_weights, "fast", 1), log_every=1)
    query = (np.zeros((16, 8), np.float32), 4.0)
    case = annotated_case(Example(Scan(voxels, AFFINE), ball), 1, "ball", tuning.SOURCE, "p")
    without = replace(case, labels=replace(case.labels, voxels=np.zeros_like(case.labels.voxels)))
    for folder, one in (("there", case), ("not there", without)):
        tuning.tune(tmp_path / folder, recipe, [one], query, ["liver"], torch.device("cpu"), lambda step: None)
    there, not_there = ((tmp_path / folder / "log.csv").read_text() for folder in ("there", "not there"))
    assert ",dice," in there and ",loss," in not_there and ",dice," not in not_there


def test_what_cannot_be_fine_tuned_is_refused_in_one_sentence(teach, tiny_weights, reading_weights, tmp_path):
    with pytest.raises(InputError, match="teach it first"):
        tuned(tmp_path / "run", tiny_weights)
    taught = teach(["anna", "anna", "bert"])
    assert taught.lessons[1].patient == "anna" and "other people's scans" in taught.figures["sentence"]
    with pytest.raises(InputError, match="other weights"):
        tuned(tmp_path / "run", reading_weights)
    with pytest.raises(InputError, match="scans of 2 people"):
        tuned(tmp_path / "run", tiny_weights)
    (tmp_path / "scan1.nii.gz").unlink()
    with pytest.raises(InputError, match=r"cannot be read any more where they were: scan1"):
        examples_of(find_card("bright ball"))


def test_voxels_of_which_nothing_is_said_are_neither_structure_nor_background():
    voxels, ball = a_body(0)
    known = np.zeros(ball.shape, bool)
    known[:, :, 18] = True
    case = load_case(annotated_case(Example(Scan(voxels, AFFINE), ball, known), 1, "ball", "annotated", "p"))
    assert np.array_equal(case.labels == STRUCTURE, ball & known) and np.array_equal(case.labels == UNKNOWN, ~known)
    labels = torch.tensor([[STRUCTURE, 0, UNKNOWN, UNKNOWN, 0, 0, 0, 0]])
    logits, weight = torch.full((1, 8), -9.0), torch.ones(1)
    logits[0, 0] = 9.0
    other = logits.clone()
    other[0, 2:4] = torch.tensor([50.0, -50.0])
    right, wrong = structure_loss(logits, labels, weight), structure_loss(-logits, labels, weight)
    assert all(torch.equal(a, b) for a, b in zip(right, structure_loss(other, labels, weight), strict=True))
    assert sum(right) < 0.01 < 1 < sum(wrong)


def test_what_is_held_costs_nothing_until_the_network_moves(tiny_weights):
    before, names = load_model(tiny_weights)[0], ["liver", "spleen", "brainstem"]
    holding, moved = Holding(before, names), load_model(tiny_weights)[0]
    shown = (torch.rand(1, 1, 32, 32, 32), torch.ones(1, 1, 32, 32, 32), torch.full((1, 4), 2.0))
    then, some = holding.answers(*shown), torch.arange(500)
    with torch.no_grad():
        for weights in moved.network.parameters():
            weights.add_(0.05 * torch.randn(weights.shape))
        losses = [
            float(holding.loss(one, then, some, np.random.default_rng(0)))
            for one in (before.encode(*shown), moved.encode(*shown))
        ]
    assert abs(losses[0]) < 1e-5 < 1e-3 < losses[1]


def test_no_person_is_in_two_folds_and_a_gain_is_believed_only_with_its_whole_interval():
    assert folds_of(["a", "a", "b", "c", "d"], 3) == [[0, 1, 4], [2], [3]]
    assert folds_of(["a", "b"], 5) == [[0], [1]]

    def left(*gains):
        return HeldOut(tuple(Left(f"p{n}", f"s{n}", 0.6, 0.6 + gain, (0.9,)) for n, gain in enumerate(gains)))

    believed = left(0.1, 0.2, 0.05, 0.1, 0.1)
    assert believed.helped and believed.sentences[1] == "Fine-tuning helped."
    assert not left(0.1, 0.12, 0.09).helped and "3 people are too few" in left(0.1, 0.12, 0.09).sentences[1]
    unsure = left(0.001, 0.2, 0.01, 0.02, 0.15)  # all gain, most of them next to nothing: a bootstrap would believe it
    assert unsure.difference.low < 0 and "not been shown" in unsure.sentences[1]
    assert not left(0.1, -0.05, 0.02).helped and "not been shown" in left(0.1, -0.05, 0.02).sentences[1]
    assert "did harm" in left(-0.1, -0.12, -0.09).sentences[1]
    row = json.loads(json.dumps(left(0.1, 0.2, 0.0).row("ball")))
    assert row["difference"] == 0.1 and row["frozen_dice"] == 0.6 and row["people"] == 3

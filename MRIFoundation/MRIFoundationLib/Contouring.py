"""One step on a contour, from what the scene shows to what it becomes: the work of the worker thread, without Qt or MRML."""

from __future__ import annotations

from dataclasses import dataclass

from .Asking import IsCancelled, Progress, finish
from .Client import Client
from .ContourCalls import ContourCalls, Corrected
from .Sentence import translatable as _
from .VoxelBox import VoxelBox


@dataclass(frozen=True)
class Action:
    """What a person wants of a contour. `kind`: mark, undo, redo, operation, review or none (only make the two sides agree).
    `positive`: the contour is accepted; `wanted`: a mark or an operation as the service takes it."""

    kind: str
    positive: bool = True
    by: str = ""
    wanted: dict | None = None


@dataclass(frozen=True)
class Shown:
    """The contour as the scene shows it. `contour`: the backend's id of it, "" for none yet. `changed`: the backend may have another
    one; then `mask` is the whole of it, None when it is empty. `structure`: its name in the vocabulary, "" where it has none."""

    contour: str
    name: str
    structure: str
    profile: str
    changed: bool
    mask: VoxelBox | None


def perform(
    client: Client, volume: str, shown: Shown, action: Action, progress: Progress, _cancelled: IsCancelled
) -> Corrected:
    """Bring the backend's contour to what is shown, then do the action.

    ContourLost when the backend has lost it and `shown` does not hold it whole.
    """
    progress("contour", -1.0, _("Correcting the contour."))
    calls = ContourCalls(client, volume)
    marks = [action.wanted] if action.kind == "mark" else []
    if not shown.contour:
        opened = calls.refine(_beginning(calls, shown, marks))
        if marks:
            return opened
        contour = opened.state["segment"]
    else:
        contour = shown.contour
        if shown.changed:
            opened = calls.edit(contour, {"region": calls.region(shown.mask)} if shown.mask else {"empty": True})
        if marks:
            return calls.refine({"segment": contour, "profile": shown.profile, "marks": marks})
    if action.kind in ("undo", "redo"):
        return calls.step(contour, action.kind)
    if action.kind == "operation":
        return calls.edit(contour, {"operations": [_operation(calls, action.wanted)]})
    return calls.review(contour, action.positive, action.by) if action.kind == "review" else opened


def check(
    client: Client,
    volume: str,
    shown: dict[str, Shown],
    profile: str,
    progress: Progress,
    cancelled: IsCancelled,
) -> dict[str, dict]:
    """What is told of the contours, by the key that each has in `shown`; those that are empty are left out."""
    calls = ContourCalls(client, volume)
    wanted, keys = [], []
    for key, one in shown.items():
        if one.changed and one.mask is None:
            continue
        what = {"region": calls.region(one.mask)} if one.changed else {"contour": one.contour}
        wanted.append({"name": one.structure or one.name, **what})
        keys.append(key)
    if not wanted:
        return {}
    rows = finish(client, calls.check(wanted, profile), progress, cancelled)["structures"]
    return dict(zip(keys, rows))


def _beginning(calls: ContourCalls, shown: Shown, marks: list[dict]) -> dict:
    begun = {"region": calls.region(shown.mask), "prompt": shown.structure} if shown.mask else {}
    return {"name": shown.name, "profile": shown.profile, "marks": marks, **begun}


def _operation(calls: ContourCalls, wanted: dict) -> dict:
    """The operation with the mask of its second segment, where it has one, sent."""
    other = wanted.get("other")
    return {key: value for key, value in wanted.items() if key != "other"} | (
        {"region": calls.region(other)} if other is not None else {}
    )

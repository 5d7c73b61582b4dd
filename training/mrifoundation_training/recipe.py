"""A training recipe: the YAML of a run, checked field by field before anything starts."""

from dataclasses import dataclass, field, fields
from pathlib import Path

import yaml

from mrifoundation.errors import InputError
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.stages.dense_text import DenseTextSettings
from mrifoundation_training.stages.image_report import ImageReportSettings
from mrifoundation_training.stages.student_teacher import StudentTeacherSettings
from mrifoundation_training.synthesis.geometry import GeometryRanges


@dataclass(frozen=True)
class Recipe:
    """name: of the weights. manifest: CSV in the form of volumes.csv, an nnU-Net raw dataset, a BIDS folder or shards (a folder, s3://
    …), relative to the working folder; region: of its scans where the layout does not say. tiers: licence tiers that may train.
    sources: source → SourceRecipe (sources of the manifest that are not named here are not used). labelled_people: of each source, as if
    no others had been annotated; 0 takes all labels. network: NetworkConfig fields.
    geometry, dense, reports, student_teacher: fields of GeometryRanges, DenseTextSettings, ImageReportSettings and
    StudentTeacherSettings.
    report_pairs: CSV of own scans with reports (see docs/training.md) for the image–report stage; report_share: how often one is drawn.
    realistic: share of synthetic images with tissue priors. strangers: share of examples that show a body nobody has, where nothing is in
    view.
    strength: of noise, blur, thick slices and other degradations; 1 is harsh, real scans always get half of it.
    optimizer: adamw, or muon, which moves convolutions by steps that are alike in all directions and everything else as adamw does.
    steps: in all. warmup: steps of rising learning rate. tail: share of the steps, at the end, over which it falls to zero along a
    cosine; so a run that is resumed with other steps goes on level until then. own_pace: how much faster the weights that a name
    owns learn. cases_per_step: examples whose gradients are averaged.
    average: decay of the running average of the weights, which is what is saved for use. init: folder of weights to start from.
    memory_gb: of volumes that each drawing process keeps in memory, for archives larger than it; 0 keeps all.
    workers: processes that draw examples; 0 draws them in the training process, on its device (right for a GPU).
    parallel: how torchrun's processes share a run: ddp (the whole network on each GPU) or fsdp (each keeps a part of every weight);
    cases_per_step then counts for each. recompute: keep no activations inside blocks; less memory, a third more arithmetic.
    log_every, save_every: steps. device: auto | cpu | cuda. threads: of torch, 0 = as it likes. seed: of everything drawn."""

    name: str
    manifest: str
    sources: dict[str, SourceRecipe]
    region: str = "unknown"
    tiers: tuple[str, ...] = ("open",)
    labelled_people: int = 0
    network: dict = field(default_factory=dict)
    geometry: GeometryRanges = field(default_factory=GeometryRanges)
    dense: DenseTextSettings = field(default_factory=DenseTextSettings)
    reports: ImageReportSettings = field(default_factory=ImageReportSettings)
    student_teacher: StudentTeacherSettings = field(default_factory=StudentTeacherSettings)
    report_pairs: str = ""
    report_share: float = 0.2
    realistic: float = 0.5
    strength: float = 1.0
    strangers: float = 0.0
    steps: int = 10_000
    warmup: int = 200
    tail: float = 0.5
    own_pace: float = 5.0
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    cases_per_step: int = 1
    average: float = 0.999
    init: str = ""
    memory_gb: float = 0.0
    workers: int = 1
    parallel: str = "ddp"
    recompute: bool = False
    log_every: int = 50
    save_every: int = 500
    device: str = "auto"
    threads: int = 0
    seed: int = 0
    output: str = "runs"


def read_recipe(path: Path | str, overrides: list[str] = ()) -> Recipe:
    """The recipe in a YAML file with `key=value` overrides (dots reach inside: geometry.partial=0.5).

    Raises InputError naming the field that is wrong."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(
            f"The recipe {path} cannot be read; give the path of a YAML file such as configs/small.yaml."
        ) from error
    for override in overrides:
        _override(content, override)
    content["sources"] = {
        name: _build(SourceRecipe, values, f"sources.{name}") for name, values in content.get("sources", {}).items()
    }
    content["geometry"] = _build(GeometryRanges, content.get("geometry", {}), "geometry")
    content["dense"] = _build(DenseTextSettings, content.get("dense", {}), "dense")
    content["reports"] = _build(ImageReportSettings, content.get("reports", {}), "reports")
    content["student_teacher"] = _build(StudentTeacherSettings, content.get("student_teacher", {}), "student_teacher")
    return _build(Recipe, content, "the recipe")


def _override(content: dict, override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator:
        raise InputError(f"'{override}' is not an override; write key=value, such as steps=2000.")
    *outer, last = key.split(".")
    for part in outer:
        content = content.setdefault(part, {})
    content[last] = yaml.safe_load(value)


def _build(kind, values: dict, where: str):
    known = {f.name for f in fields(kind)}
    if unknown := set(values) - known:
        raise InputError(f"{where} has no field '{sorted(unknown)[0]}'; known are {', '.join(sorted(known))}.")
    try:
        return kind(**{k: _number(tuple(v) if isinstance(v, list) else v) for k, v in values.items()})
    except TypeError as error:
        raise InputError(f"{where} is incomplete ({error}).") from error


def _number(value):
    """YAML 1.1 reads 1e-3 as text."""
    try:
        return float(value) if isinstance(value, str) and value[:1].isdigit() and "e" in value else value
    except ValueError:
        return value

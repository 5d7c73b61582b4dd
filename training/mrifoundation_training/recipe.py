"""A training recipe: the YAML of a run, checked field by field before anything starts."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import yaml

from mrifoundation.errors import InputError
from mrifoundation.model import NetworkConfig
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.recipe_values import Count, Share, checked
from mrifoundation_training.stages.dense_text import DenseTextSettings
from mrifoundation_training.stages.free_words import FreeWordsSettings
from mrifoundation_training.stages.image_report import ImageReportSettings
from mrifoundation_training.stages.student_teacher import StudentTeacherSettings
from mrifoundation_training.synthesis.geometry import GeometryRanges

# Of the network, what no recipe sets.
OF_THE_DATA = {"names", "families", "yielding", "lesions", "close_ups"}


@dataclass(frozen=True)
class Recipe:
    """name: of the weights. manifest: CSV in the form of volumes.csv, an nnU-Net raw dataset, a BIDS folder or shards (a folder, s3://
    …), relative to the working folder; region: of its scans where the layout does not say. tiers: licence tiers that may train; what
    nobody gave one is `own`.
    sources: source → SourceRecipe (sources of the manifest that are not named here are not used). labelled_people: of each source, as if
    no others had been annotated; 0 takes all labels. development_people: of each source that is drawn, with labelled scans; they never
    train, and `mrifoundation evaluate` asks them when it is given the recipe. network: NetworkConfig fields.
    geometry, dense, words, reports, student_teacher: fields of GeometryRanges, DenseTextSettings, FreeWordsSettings, ImageReportSettings
    and StudentTeacherSettings.
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
    tiers: tuple[str, ...] = ("open", "own")
    labelled_people: int = 0
    development_people: int = 0
    network: dict = field(default_factory=dict)
    geometry: GeometryRanges = field(default_factory=GeometryRanges)
    dense: DenseTextSettings = field(default_factory=DenseTextSettings)
    words: FreeWordsSettings = field(default_factory=FreeWordsSettings)
    reports: ImageReportSettings = field(default_factory=ImageReportSettings)
    student_teacher: StudentTeacherSettings = field(default_factory=StudentTeacherSettings)
    report_pairs: str = ""
    report_share: Share = 0.2
    realistic: Share = 0.5
    strength: float = 1.0
    strangers: Share = 0.0
    steps: Count = 10_000
    warmup: int = 200
    tail: Share = 0.5
    own_pace: float = 5.0
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    cases_per_step: Count = 1
    average: Share = 0.999
    init: str = ""
    memory_gb: float = 0.0
    workers: int = 1
    parallel: str = "ddp"
    recompute: bool = False
    log_every: Count = 50
    save_every: Count = 500
    device: str = "auto"
    threads: int = 0
    seed: int = 0
    output: str = "runs"


PARTS = {
    "geometry": GeometryRanges,
    "dense": DenseTextSettings,
    "words": FreeWordsSettings,
    "reports": ImageReportSettings,
    "student_teacher": StudentTeacherSettings,
}


def read_recipe(path: Path | str, overrides: list[str] = ()) -> Recipe:
    """The recipe in a YAML file with `key=value` overrides (dots reach inside: geometry.partial=0.5). What it does not say, the file does
    that it names by `include`, relative to itself.

    Raises InputError naming the field that is wrong."""
    content = _content(Path(path))
    if included := content.pop("include", ""):
        content = _content(Path(path).parent / str(included)) | content
    for override in overrides:
        _override(content, override)
    content["sources"] = {name: _built(SourceRecipe, content["sources"], name, "sources.") for name in _names(content)}
    for name, kind in PARTS.items():
        content[name] = _built(kind, content, name)
    content["network"] = _network(content.get("network", {}))
    return Recipe(**checked(Recipe, content, ""))


def as_yaml(recipe: Recipe) -> str:
    """All fields, which `read_recipe` reads as this recipe."""
    return yaml.safe_dump(asdict(recipe), sort_keys=False, allow_unicode=True, width=140)


def _content(path: Path) -> dict:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(
            f"The recipe {path} cannot be read; give the path of a YAML file such as configs/small.yaml."
        ) from error
    if not isinstance(content, dict):
        raise InputError(f"The recipe {path} holds no fields; write them as 'name: mine', one a line.")
    return content


def _names(content: dict) -> list[str]:
    """Of the sources; they may be said by overrides alone, but there must be some."""
    if not isinstance(content.get("sources"), dict):
        raise InputError("The recipe names no sources; add such as 'sources: {mine: {weight: 1}}'.")
    return list(content["sources"])


def _built(kind: type, content: dict, name: str, within: str = ""):
    """The part of the content that goes by `name`, all of its fields at their defaults where there is none."""
    return kind(**checked(kind, content.get(name, {}), f"{within}{name}"))


def _network(values: dict) -> dict:
    values = checked(NetworkConfig, values, "network")
    if given := sorted(OF_THE_DATA & values.keys()):
        raise InputError(f"network.{given[0]} follows from the sources; leave it out.")
    try:
        config = NetworkConfig(**values)
    except ValueError as error:
        raise InputError(f"The network of the recipe cannot be built. {error}") from error
    heads, width = config.neck_heads, config.channels[3]
    if not heads or width % heads:
        raise InputError(f"network.neck_heads is {heads}; it must divide the last of network.channels, {width}.")
    return values


def _override(content: dict, override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator:
        raise InputError(f"'{override}' is not an override; write key=value, such as steps=2000.")
    *outer, last = key.split(".")
    for part in outer:
        content = content.setdefault(part, {})
        if not isinstance(content, dict):
            raise InputError(f"'{override}' reaches into {part}, which has no fields; set {part} itself.")
    try:
        content[last] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise InputError(f"The value of '{override}' is no YAML; check its brackets and quotes.") from error

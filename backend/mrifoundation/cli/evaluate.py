"""`mrifoundation evaluate`: forwards to the evaluation that comes with the training package."""

from pathlib import Path
from typing import Annotated

import typer

from mrifoundation.cli.options import JsonOption, ProfileOption, WeightsOption
from mrifoundation.errors import InputError


def _there_or_afar(data: str | None) -> str | None:
    """Looked at before the training package, with torch, is imported; what lies in an object store is not."""
    if data and "://" not in data and not Path(data).exists():
        raise InputError(
            f"There is no '{data}'; give a manifest CSV, an nnU-Net, BIDS, DICOM or sharded data set, or the recipe (YAML) of a run."
        )
    return data


DataArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="Manifest CSV, nnU-Net, BIDS or DICOM folder or shards, as mrifoundation-train takes them; or its recipe (YAML), whose "
        "development_people are of split dev.",
        callback=_there_or_afar,
    ),
]
SplitOption = Annotated[str, typer.Option(help="Rows of this split.")]
SourcesOption = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be given several times.")
]
StructuresOption = Annotated[
    list[str] | None, typer.Option("--structure", help="Only this label; may be given several times.")
]
CasesOption = Annotated[int | None, typer.Option("--cases", min=1, help="At most this many scans of each source.")]
TestsOption = Annotated[
    int | None, typer.Option("--cases", min=1, help="At most this many test scans of each structure.")
]
TableOption = Annotated[Path | None, typer.Option("--table", help="Write the tables to this Markdown file.")]
ObjectOption = Annotated[
    Path | None, typer.Option("-o", "--output", help="Write the JSON object to this file as well.")
]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Measure the weights on labelled scans.", no_args_is_help=True, rich_markup_mode=None)
    group.command("segmentation")(segmentation)
    group.command("classification")(classification)
    group.command("retrieval")(retrieval)
    group.command("interactive")(interactive)
    group.command("robustness")(robustness)
    group.command("few-shot")(few_shot)
    group.command("cost")(cost)
    group.command("transfer")(transfer)
    group.command("free-text")(free_text)
    app.add_typer(group, name="evaluate")


def segmentation(
    manifest: DataArgument,
    split: SplitOption = "dev",
    sources: SourcesOption = None,
    made: Annotated[
        int,
        typer.Option(
            min=0, help="In place of scans: this many images made of each label map that has none, of no patient."
        ),
    ] = 0,
    tolerance: Annotated[float, typer.Option(min=0, help="Of surface Dice, in mm.")] = 2.0,
    profile: ProfileOption = "standard",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write every single measurement to this CSV.")
    ] = None,
    table: TableOption = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Dice, 95 % Hausdorff distance (mm) and surface Dice of every structure and source, with bootstrap intervals."""
    from mrifoundation_training.evaluation.segmentation import evaluate

    return evaluate(
        manifest,
        split=split,
        sources=sources,
        made=made,
        tolerance_mm=tolerance,
        profile=profile,
        output=output,
        table=table,
        as_json=as_json,
        weights=weights,
    )


def classification(
    manifest: DataArgument,
    heads: Annotated[
        list[str] | None, typer.Option("--head", help="Only this head; may be given several times.")
    ] = None,
    acdc: Annotated[
        Path | None, typer.Option(help="Folder in ACDC's own layout, in place of the manifest's cardiac rows.")
    ] = None,
    picai: Annotated[Path | None, typer.Option(help="Folder in PI-CAI's own layout, for the prostate head.")] = None,
    output: ObjectOption = None,
    table: TableOption = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for reliability and Bland-Altman plots.")] = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Cross-validated figures of every head beside its baselines, and how it does on development cases."""
    from mrifoundation_training.evaluation.classification import evaluate

    return evaluate(
        manifest,
        heads=heads,
        acdc=acdc,
        picai=picai,
        output=output,
        table=table,
        plots=plots,
        as_json=as_json,
        weights=weights,
    )


def retrieval(
    manifest: DataArgument,
    asking: Annotated[
        str,
        typer.Option(help="Scans of this split ask, with their regions and captions (all, train, dev); all are found."),
    ] = "all",
    sources: SourcesOption = None,
    baselines: Annotated[
        bool, typer.Option(help="Also random weights, for which every scan is read again, and histograms.")
    ] = True,
    profile: ProfileOption = "standard",
    output: ObjectOption = None,
    table: TableOption = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Precision and recall of searching by image, words and tumor region, and of words by image, beside chance and baselines."""
    from mrifoundation_training.evaluation.retrieval import evaluate

    return evaluate(
        manifest,
        asking=asking,
        sources=sources,
        baselines=baselines,
        profile=profile,
        output=output,
        table=table,
        as_json_object=as_json,
        weights=weights,
    )


def interactive(
    manifest: DataArgument,
    split: SplitOption = "dev",
    sources: SourcesOption = None,
    structures: StructuresOption = None,
    cases: CasesOption = None,
    from_nothing: Annotated[
        bool, typer.Option("--from-nothing", help="Also draw what the weights know from clicks alone.")
    ] = False,
    clicks: Annotated[int, typer.Option(min=1, max=100, help="Of the robot user on each structure.")] = 10,
    baselines: Annotated[bool, typer.Option(help="Also random walker and grow-cut, from clicks alone.")] = True,
    profile: ProfileOption = "standard",
    output: ObjectOption = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Dice after 0 to 10 clicks of a robot user, clicks to 0.90, beside random walker and grow-cut."""
    from mrifoundation_training.evaluation.interactive import evaluate

    return evaluate(
        manifest,
        split=split,
        sources=sources,
        structures=structures,
        cases_per_source=cases,
        from_nothing=from_nothing,
        clicks=clicks,
        baselines=baselines,
        profile=profile,
        output=output,
        as_json_object=as_json,
        weights=weights,
    )


def robustness(
    manifest: DataArgument,
    split: SplitOption = "dev",
    sources: SourcesOption = None,
    damages: Annotated[
        list[str] | None, typer.Option("--damage", help="Only this damage; may be given several times.")
    ] = None,
    cases: CasesOption = None,
    profile: ProfileOption = "standard",
    output: ObjectOption = None,
    table: TableOption = None,
    plot: Annotated[Path | None, typer.Option(help="Write the curves to this PNG.")] = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Dice under thicker slices, noise, bias field, a cut field of view, missing slices, and with sequences of a study dropped."""
    from mrifoundation_training.evaluation.robustness import evaluate

    return evaluate(
        manifest,
        split=split,
        sources=sources,
        damages=damages,
        cases_per_source=cases,
        profile=profile,
        output=output,
        table=table,
        plot=plot,
        as_json_object=as_json,
        weights=weights,
    )


def few_shot(
    manifest: DataArgument,
    sources: SourcesOption = None,
    structures: StructuresOption = None,
    slices: Annotated[int, typer.Option(min=0, help="Annotated slices of a structure; 0 leaves them out.")] = 10,
    scans: Annotated[
        list[int] | None,
        typer.Option(
            "--scans", min=0, help="Annotated scans; several times. 1, 5 and 10 when left out; 0 leaves them out."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions, with other scans and slices annotated.")] = 5,
    scratch_steps: Annotated[
        int, typer.Option(min=0, help="Steps of the network from scratch; 0 leaves it out.")
    ] = 300,
    cases: TestsOption = None,
    profile: ProfileOption = "standard",
    output: ObjectOption = None,
    table: TableOption = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Dice of structures learned from few annotated slices and scans, beside random weights and a U-Net from scratch."""
    from mrifoundation_training.evaluation.few_shot import evaluate

    return evaluate(
        manifest,
        sources=sources,
        structures=structures,
        slices=slices,
        scans=scans or (1, 5, 10),
        seeds=seeds,
        scratch_steps=scratch_steps,
        most_tests=cases,
        profile=profile,
        output=output,
        table=table,
        as_json_object=as_json,
        weights=weights,
    )


def cost(
    manifest: DataArgument,
    sources: SourcesOption = None,
    structures: StructuresOption = None,
    scans: Annotated[int, typer.Option(min=1, help="Annotated scans that the query learns from.")] = 1,
    more: Annotated[
        list[int] | None,
        typer.Option("--more", min=2, help="Annotated scans from scratch; several times. 2, 5 and 10 when left out."),
    ] = None,
    steps: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Steps from scratch; several times. 100, 300 and 1000 when left out."),
    ] = None,
    cases: TestsOption = None,
    profile: ProfileOption = "standard",
    output: ObjectOption = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Labelled scans and arithmetic that a U-Net from scratch needs for the Dice of a query on these weights."""
    from mrifoundation_training.evaluation.cost import evaluate

    return evaluate(
        manifest,
        sources=sources,
        structures=structures,
        scans=scans,
        more_scans=more or (2, 5, 10),
        steps=steps or (100, 300, 1000),
        most_tests=cases,
        profile=profile,
        output=output,
        as_json_object=as_json,
        weights=weights,
    )


def free_text(
    manifest: DataArgument,
    split: SplitOption = "dev",
    sources: SourcesOption = None,
    cases: CasesOption = None,
    profile: ProfileOption = "standard",
    output: ObjectOption = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Dice of structures that are asked for in words that the vocabulary does not know, beside that of their names."""
    from mrifoundation_training.evaluation.free_text import evaluate

    return evaluate(
        manifest,
        split=split,
        sources=sources,
        cases_per_source=cases,
        profile=profile,
        output=output,
        as_json_object=as_json,
        weights=weights,
    )


def transfer(
    manifest: DataArgument,
    training: Annotated[
        str | None,
        typer.Option(help="Data that the weights learned from; the same when left out.", callback=_there_or_afar),
    ] = None,
    split: SplitOption = "dev",
    sources: SourcesOption = None,
    cases: CasesOption = None,
    profile: ProfileOption = "standard",
    output: ObjectOption = None,
    table: TableOption = None,
    plot: Annotated[Path | None, typer.Option(help="Write Dice against likeness to this PNG.")] = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> int:
    """Dice of each scan beside its likeness to the training scans, and how the two go together."""
    from mrifoundation_training.evaluation.transfer import evaluate

    return evaluate(
        manifest,
        training=training,
        split=split,
        sources=sources,
        cases_per_source=cases,
        profile=profile,
        output=output,
        table=table,
        plot=plot,
        as_json_object=as_json,
        weights=weights,
    )

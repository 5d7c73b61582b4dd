"""`mrifoundation shard`: forwards to the training package, which writes and reads shards."""

from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    app.command("shard")(shard)


def shard(
    manifest: Annotated[
        str,
        typer.Argument(
            help="Manifest CSV, nnU-Net raw dataset, BIDS or DICOM folder, as mrifoundation-train takes them."
        ),
    ],
    destination: Annotated[str, typer.Argument(help="Folder or URL: s3://bucket/folder, memory://, …")],
    region: Annotated[str, typer.Option(help="Of the scans, where the layout does not say.")] = "unknown",
    megabytes: Annotated[int, typer.Option(min=1, help="Of a shard, about.")] = 256,
) -> int:
    """Pack labelled scans into WebDataset tar shards with an index, for training from any store."""
    from mrifoundation_training.data.layouts import read_cases
    from mrifoundation_training.data.sharding import write_shards

    done = write_shards(read_cases(manifest, region), destination, megabytes * 1_000_000)
    for case, reason in done.skipped.items():
        typer.echo(f"Skipped {case}: {reason}", err=True)
    typer.echo(f"{done.cases} cases in {done.shards} shards, {done.bytes / 1e6:.1f} MB; {len(done.skipped)} skipped.")
    return 0

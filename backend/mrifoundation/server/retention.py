"""What a running service forgets by itself: uploads and encodings that nobody used for long, and what a killed service left behind."""

import logging
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from fastapi import FastAPI

from mrifoundation.engine.ages import Ages
from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.kept_scans import Unused

log = logging.getLogger(__name__)

HOUR = 3600.0
ABANDONED = 24 * HOUR  # no upload takes so long


def use_private_temporary_folder() -> Path:
    """Let every temporary file of this process lie in a folder of the cache that only its owner can enter, and sweep it."""
    folder = cache_folder("incoming")
    tempfile.tempdir = str(folder)
    sweep_temporary(Ages(folder))
    return folder


def sweep_temporary(ages: Ages) -> None:
    """Delete what a killed service left there."""
    for path in ages.unused(ABANDONED):
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


async def forget_by_and_by(app: FastAPI, days: float | None) -> None:
    """Sweep now and every hour. days: as of `keep_days`."""

    @cache  # in the first round that succeeds: where the folder cannot be made now, it may be later
    def watched() -> tuple[Ages, Unused | None]:
        return Ages(cache_folder("incoming")), Unused(days) if days is not None else None

    await app.state.background.by_and_by(lambda: sweep(app, *watched()), HOUR, "forgetting what is old")


def sweep(app: FastAPI, incoming: Ages, unused: Unused | None) -> None:
    """Forget what is due, in memory as well."""
    sweep_temporary(incoming)
    if unused is None:
        return
    uploads, encodings = unused.forget()
    for scan in uploads:
        app.state.volumes.forget(scan)
        app.state.regions.forget(scan)
        app.state.sources.drop(scan)
        if app.state.backend.engine:
            app.state.backend.engine.forget(scan)
    if uploads or encodings:
        log.info(
            "forgot %d uploads and %d encodings that were not used for %g days", len(uploads), encodings, unused.days
        )

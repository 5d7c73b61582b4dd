"""After a restart: what was asked before and is not done is asked again, of the same routes, for the same job."""

import json
import logging
from contextlib import suppress

from fastapi import FastAPI

from mrifoundation.server.job import Job

log = logging.getLogger(__name__)

PURPOSE = "taking up jobs of before the restart"
FAULT = "a fault of the program ({}); its log says more."
LOST = "The service was restarted, and what this needs is no longer held: {}"


async def resume(app: FastAPI) -> None:
    """Take up every parked job, once the model is loaded; what cannot be taken up ends with the reason, also where that is a fault of ours,
    or whoever waits for it would wait for ever."""
    jobs = app.state.backend.jobs
    try:
        parked = jobs.parked()
        if parked:
            await app.state.backend.loaded()
        for job in parked:
            await _take_up(app, job)
    except Exception as error:
        app.state.background.failed(PURPOSE, error)
        for job in jobs.parked():
            with suppress(Exception):  # it is over all the same; only that is not written down
                job.give_up(LOST.format(FAULT.format(type(error).__name__)))


async def _take_up(app: FastAPI, job: Job) -> None:
    if job.state != "queued":  # cancelled meanwhile
        return
    if app.state.backend.problem:
        job.give_up(app.state.backend.problem)
        return
    status, sentence = await _ask_again(app, job)
    if status != 202:
        job.give_up(LOST.format(sentence))


async def _ask_again(app: FastAPI, job: Job) -> tuple[int, str]:
    """Status and error sentence of the same request, sent to the app behind its guard, which has let it pass before."""
    body = bytes(job.body)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": job.path,
        "raw_path": job.path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        "client": None,
        "server": None,
        "app": app,
        "state": {},
        "resumed": job,
    }
    status, answer = 500, bytearray()

    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: dict) -> None:
        nonlocal status
        if event["type"] == "http.response.start":
            status = event["status"]
        answer.extend(event.get("body", b""))

    try:
        await app.state.behind_the_guard(scope, receive, send)
        return status, json.loads(bytes(answer)).get("error", "")
    except Exception as error:
        log.exception("job %s could not be taken up again", job.id)
        return 500, FAULT.format(type(error).__name__)

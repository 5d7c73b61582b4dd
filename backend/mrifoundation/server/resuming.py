"""After a restart: what was asked before and is not done is asked again, of the same routes, for the same job."""

import json
import logging

from fastapi import FastAPI

from mrifoundation.server.job import Job

log = logging.getLogger(__name__)

LOST = "The service was restarted, and what this needs is no longer held: {}"


async def resume(app: FastAPI) -> None:
    """Take up every parked job, once the model is loaded; what cannot be taken up ends with the reason."""
    backend = app.state.backend
    parked = backend.jobs.parked()
    if not parked:
        return
    await backend.loaded()
    for job in parked:
        if job.state != "queued":  # cancelled meanwhile
            continue
        if backend.problem:
            job.give_up(backend.problem)
            continue
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
        return 500, f"a fault of the program ({type(error).__name__}); its log says more."

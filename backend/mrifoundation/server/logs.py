"""What the service says of itself on standard error: a line for people, or one JSON object a line for machines.

Neither holds names of patients or files: an exception is told by its type and its place in the code, since its message may quote
either, and a request by what it is about, not by its address.
"""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

FORMS = ("plain", "json")
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request at hand, or of the one that made the job at hand."""


def set_up(form: str) -> None:
    """Send the log to standard error; `json` also has a line a request and a line a finished job."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("mrifoundation").setLevel(logging.INFO if form == "json" else logging.WARNING)


class PlainLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        error = _error(record)
        told = f" ({error['error']} at {error['where'][-1]})" if error and error["where"] else ""
        return f"{record.levelname.lower()}: {record.getMessage()}{told}"


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        return json.dumps(line | getattr(record, "told", {}) | _error(record))


def _error(record: logging.LogRecord) -> dict:
    """Type and places of an exception, the outermost first."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    frames = traceback.extract_tb(record.exc_info[2])
    where = [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": record.exc_info[0].__name__, "where": where}

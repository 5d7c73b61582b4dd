"""The draft as one HTML file: pictures inside, every sentence editable, every number traceable."""

import base64
import json
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from mrifoundation.tasks.report.document import Report


def as_html(report: Report) -> str:
    """A page that needs nothing else; a sentence's facts stand in its `data-facts` and show when the pointer rests on it."""
    pictures = [(base64.b64encode(picture.png).decode(), picture.caption) for picture in report.pictures]
    return _template().render(report=report, pictures=pictures)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("mrifoundation.tasks.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["facts"] = lambda facts: json.dumps(facts, ensure_ascii=False)
    return environment.get_template("report.html.j2")

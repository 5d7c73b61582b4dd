"""The draft as PDF."""

import io
from functools import lru_cache
from xml.sax.saxutils import escape

from PIL import Image as Picture
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer

from mrifoundation.tasks.report.document import Report

WIDTH = A4[0] - 40 * mm
NOTICE = "Research only; not a diagnosis. Read every sentence before using any."


def as_pdf(report: Report) -> bytes:
    """The file's bytes: A4, sections in order, then the pictures."""
    body, heading, title, small = _styles()
    flow = [Paragraph(escape(report.title), title), Paragraph(NOTICE, small), Spacer(1, 3 * mm)]
    for section in report.sections:
        flow.append(Paragraph(escape(section.title), heading))
        flow += [Paragraph(escape(sentence.text), body) for sentence in section.sentences]
    for picture in report.pictures:
        with Picture.open(io.BytesIO(picture.png)) as image:
            height = WIDTH * image.height / image.width
        flow += [
            Spacer(1, 4 * mm),
            Image(io.BytesIO(picture.png), WIDTH, height),
            Paragraph(escape(picture.caption), small),
        ]
    flow.append(Paragraph(escape(report.model_id), small))
    canvas = io.BytesIO()
    margins = {name: 20 * mm for name in ("leftMargin", "rightMargin", "topMargin", "bottomMargin")}
    SimpleDocTemplate(canvas, pagesize=A4, title=report.title, author="MRIFoundation", **margins).build(flow)
    return canvas.getvalue()


@lru_cache(maxsize=1)
def _styles() -> tuple[ParagraphStyle, ...]:
    # The fonts that come with reportlab; they have the signs that measurements need.
    for name, file in (("Vera", "Vera.ttf"), ("VeraBold", "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, file))
    body = ParagraphStyle("body", fontName="Vera", fontSize=9, leading=13)
    heading = ParagraphStyle(
        "heading", parent=body, fontName="VeraBold", fontSize=11, leading=15, spaceBefore=8, spaceAfter=2
    )
    title = ParagraphStyle("title", parent=heading, fontSize=16, leading=20)
    small = ParagraphStyle("small", parent=body, fontSize=8, leading=11, textColor="#555555")
    return body, heading, title, small

"""A reliability diagram: probabilities given against how often they came true."""

from pathlib import Path

from PIL import Image, ImageDraw

SIZE, EDGE = 420, 56  # pixels


def write_reliability(path: Path, title: str, bins: list[dict]) -> None:
    """bins: {"given", "true", "n"} of each; the dot's area grows with n, the diagonal is a calibrated forecast."""
    picture = Image.new("RGB", (SIZE, SIZE), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((EDGE, EDGE, SIZE - EDGE, SIZE - EDGE), outline=(120, 120, 120))
    draw.line((EDGE, SIZE - EDGE, SIZE - EDGE, EDGE), fill=(170, 170, 170))
    most = max((one["n"] for one in bins), default=1)
    places = [(_along(one["given"]), SIZE - _along(one["true"]), 3 + 9 * (one["n"] / most) ** 0.5) for one in bins]
    if len(places) > 1:
        draw.line([(x, y) for x, y, _ in places], fill=(40, 90, 170), width=2)
    for (x, y, radius), one in zip(places, bins, strict=True):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(40, 90, 170))
        draw.text((x + radius + 2, y - 6), f"n = {one['n']}", fill=(60, 60, 60))
    for value in (0.0, 0.5, 1.0):
        draw.text((_along(value) - 8, SIZE - EDGE + 6), f"{value:.1f}", fill=(60, 60, 60))
        draw.text((EDGE - 26, SIZE - _along(value) - 6), f"{value:.1f}", fill=(60, 60, 60))
    draw.text((EDGE, 14), f"{title}: reliability, cross-validated", fill="black")
    draw.text((EDGE, SIZE - 24), "probability given (across), share that came true (up)", fill="black")
    picture.save(path, format="PNG")


def _along(share: float) -> float:
    return EDGE + (SIZE - 2 * EDGE) * share

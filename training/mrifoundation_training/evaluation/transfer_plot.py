"""Likeness against Dice as a picture: a point a scan, a colour a source."""

from pathlib import Path


def plot_transfer(found: dict, path: Path) -> None:
    """Write a PNG; filled points are of sources that the weights learned from, rings of others."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.subplots()
    for number, source in enumerate(found["sources"]):
        points = [
            (row["likeness"], row["dice"])
            for row in found["scans"]
            if row["source"] == source["source"] and None not in (row["likeness"], row["dice"])
        ]
        colour = f"C{number % 10}"
        face = colour if source["learned"] else "none"
        axes.scatter(
            *zip(*points, strict=True), s=26, edgecolors=colour, facecolors=face, label=source["source"]
        ) if points else None
    axes.set(
        xlabel="cosine to the nearest training scan of another subject", ylabel="mean Dice of the scan", ylim=(-0.02, 1)
    )
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8, title="filled: seen in training", title_fontsize=8)
    rho = found["correlation"]["rho"]
    told = "" if rho is None else f", rank correlation {rho:.2f}"
    axes.set_title(f"{found['model']}, split {found['split']}{told}", fontsize=9)
    FigureCanvasAgg(figure).print_figure(path, dpi=110)

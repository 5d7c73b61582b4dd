"""Robustness curves as a picture: one panel a damage, one line a source."""

from pathlib import Path

from mrifoundation_training.evaluation.bootstrap import Interval
from mrifoundation_training.evaluation.spoiling import DAMAGES


def plot_curves(curves: dict[str, dict[str, dict[float, Interval]]], path: Path, title: str) -> None:
    """Write a PNG; the bands are 95 % intervals over subjects."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.4 * len(DAMAGES), 3.6), layout="constrained")
    panels = figure.subplots(1, len(DAMAGES), sharey=True)
    for panel, damage in zip(panels, DAMAGES, strict=True):
        for source, damages in curves.items():
            curve = damages[damage.name]
            levels = list(curve)
            panel.plot(levels, [one.mean for one in curve.values()], marker="o", label=source)
            panel.fill_between(levels, [o.low for o in curve.values()], [o.high for o in curve.values()], alpha=0.15)
        panel.set(xlabel=f"{damage.name} ({damage.unit})", ylim=(0, 1))
        if damage.levels[0] > damage.levels[-1]:
            panel.invert_xaxis()
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("mean Dice")
    panels[0].legend(frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=10)
    FigureCanvasAgg(figure).print_figure(path, dpi=110)

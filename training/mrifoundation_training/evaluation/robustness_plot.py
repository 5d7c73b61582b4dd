"""Robustness curves as a picture: one panel a damage, one line a source."""

from pathlib import Path

from mrifoundation_training.evaluation.bootstrap import Interval


def plot_curves(
    curves: dict[str, dict[str, dict[float, Interval]]], units: dict[str, str], path: Path, title: str
) -> None:
    """Write a PNG; the bands are 95 % intervals over subjects. units: of each damage that is drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(3.4 * len(units), 3.6), layout="constrained")
    panels = figure.subplots(1, len(units), sharey=True, squeeze=False)[0]
    colours = {source: f"C{n}" for n, source in enumerate(curves)}
    for panel, (name, unit) in zip(panels, units.items(), strict=True):
        for source, damages in curves.items():
            if not (curve := damages.get(name)):
                continue
            levels, colour = list(curve), colours[source]
            panel.plot(levels, [one.mean for one in curve.values()], marker="o", label=source, color=colour)
            low, high = [one.low for one in curve.values()], [one.high for one in curve.values()]
            panel.fill_between(levels, low, high, alpha=0.15, color=colour)
            if levels[0] > levels[-1] and not panel.xaxis_inverted():
                panel.invert_xaxis()
        panel.set(xlabel=f"{name} ({unit})", ylim=(0, 1))
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("mean Dice")
    handles = {label: line for panel in panels for line, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    panels[0].legend(handles.values(), handles.keys(), frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=10)
    FigureCanvasAgg(figure).print_figure(path, dpi=110)

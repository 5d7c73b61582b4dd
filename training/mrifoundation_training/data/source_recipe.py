"""How the scans and label maps of one source are drawn and shown."""

from dataclasses import dataclass, field

from mrifoundation_training.recipe_values import Share


@dataclass(frozen=True)
class SourceRecipe:
    """How one source is used.

    weight: how often it is drawn; 0 for one that only lends lesion shapes.
    synthetic: probability that the image is made from its labels rather than real.
    whole: its label maps name everything of the body. flip: left–right mirroring gives plausible anatomy.
    skull_strip: probability that only the brain is kept. margin_mm: how far beyond its labels a partial map is shown, at most, or
    how far along each axis; beyond: also past the end of the map itself, where no label reaches it.
    slab: probability that the field of view ends where the labels do along one axis, as a stack of thick slices does.
    lesions: probability that a synthetic brain gets simulated lesions; above 0 says that its map is healthy but for what it labels.
    lesion_shapes: its label maps are nothing but lesions; they are never drawn, and lend their shapes to the simulated ones.
    recolour: probability that a real scan is shown in another contrast. deform: how much more than `geometry` says its views differ.
    focus: probability that only the surroundings of what is labelled are shown, as the engine looks at it a second time; focus_on: of
    these names alone.
    rename: structures that its tables call by a wrong name → the right one. levels: probability that the parts of its vertebrae are
    shown as whole ones, each with its level.
    host: id of a CT, in whose body its organ is set with probability `hosted`, where that body has its `place`.
    completed: probability that what a CT leaves without a label is named by its brightness, and all of the body is made an image of.
    womb: probability that what is labelled lies in a skull, in fluid, as an unborn child's brain does; a scan
    that is shown so must be empty outside of its labels. turned: from any direction.
    restless: probability that it was taken slice by slice and moved meanwhile, where it does so more than what `geometry` says.
    """

    weight: float
    synthetic: Share = 1.0
    whole: bool = False
    flip: bool = True
    skull_strip: Share = 0.0
    margin_mm: float | tuple[float, float, float] = 40.0
    beyond: bool = False
    slab: Share = 0.0
    lesions: Share = 0.0
    lesion_shapes: bool = False
    recolour: Share = 0.0
    deform: float = 1.0
    focus: Share = 0.0
    focus_on: tuple[str, ...] = ()
    rename: dict[str, str] = field(default_factory=dict)
    levels: Share = 0.0
    host: str = ""
    place: str = ""
    hosted: Share = 0.0
    completed: Share = 0.0
    womb: Share = 0.0
    turned: bool = False
    restless: Share = 0.0

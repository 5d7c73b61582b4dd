"""Then and now: the same structures in a prior scan of the same person, as far as a change is told apart from how they are drawn."""

from collections.abc import Sequence

from mrifoundation.engine import Engine
from mrifoundation.engine.trust import trust_of
from mrifoundation.tasks.measure.volumes import NOTABLE, StructureVolume, Volumes
from mrifoundation.tasks.report.document import Section, Sentence
from mrifoundation.tasks.report.prior_headers import UNKNOWN, PriorHeaders
from mrifoundation.tasks.report.structures import dice_facts, is_crumb, place_facts, shown_ml

TITLE = "Comparison with the prior scan"
LATER = (
    "Nothing is compared: by its DICOM headers the prior was made on a later day than this scan, so that what is called then and "
    "now would be the wrong way round. Choose the two scans the other way round."
)

Pair = tuple[StructureVolume, StructureVolume]  # now, then


def later_section(unlike: Sequence[Sentence] = ()) -> Section:
    """For a prior that is none, of which a growing lesion would be told as a shrinking one."""
    return Section(TITLE, (*unlike, Sentence(LATER, {"prior_is_later": True})))


def comparison_section(
    engine: Engine,
    now: Volumes,
    then: Volumes,
    unlike: Sequence[Sentence] = (),
    headers: PriorHeaders = UNKNOWN,
) -> Section:
    """Changes larger than what drawing may err by, the largest first; then those that are not, and what is not compared.

    unlike: in what else the two scans differ, told before any change. headers: what they could not tell is said to be taken as given.
    Crumbs are left out, as they are where structures are told."""
    here, there = _measured(engine, now), _measured(engine, then)
    both = [(one, there[name]) for name, one in here.items() if name in there]
    whole = sorted((pair for pair in both if _is_whole(pair)), key=lambda pair: -abs(change_of_mean(*pair)))
    cut = [pair[0].name for pair in both if _is_cut(pair)]
    at_end = [pair[0].name for pair in both if not (_is_whole(pair) or _is_cut(pair))]
    sentences = [*unlike, *_compared(engine, whole)]
    sentences += _named("Not compared, since the edge of the field of view cuts them in one of the scans", cut)
    sentences += _named(
        "Not compared, since they reach the first or last slice in one of the scans, so that part of them may be missing",
        at_end,
    )
    sentences += _named("Found now and not in the prior", _missing(here, then))
    sentences += _named("Found in the prior and not now", _missing(there, now))
    sentences += _named(
        "Not compared, since it was not measured how well they are drawn", _unmeasured(engine, now, then)
    )
    sentences.append(_taken_as_given(headers))
    return Section(TITLE, tuple(sentences))


def least_change(engine: Engine, name: str) -> float | None:
    """From how many per cent of the mean of both volumes on a change is told; None where it was not measured how well `name` is drawn.

    Two drawings of one organ that has not changed, each with Dice d, can differ by 200 · (1 − d) % of their mean (by up to twice that
    where one errs outward and the other inward); d is the low end of what was measured. As between the sides, less than NOTABLE is
    never told.
    """
    trust = trust_of(engine.card, name)
    return max(NOTABLE, trust.volume_error) if trust else None


def change_of_mean(one: StructureVolume, old: StructureVolume) -> float:
    """200 · (now − then) / (now + then), per cent: a structure that doubled and one that halved changed alike."""
    both = one.volume_ml + old.volume_ml
    return 200.0 * (one.volume_ml - old.volume_ml) / both if both else 0.0


def _measured(engine: Engine, volumes: Volumes) -> dict[str, StructureVolume]:
    """What was found, of structures for which it was measured how well they are drawn."""
    return {name: one for name, one in volumes.structures.items() if trust_of(engine.card, name)}


def _unmeasured(engine: Engine, *scans: Volumes) -> list[str]:
    found = [one for volumes in scans for one in volumes.structures.values() if not is_crumb(engine, one)]
    return list(dict.fromkeys(one.name for one in found if not trust_of(engine.card, one.name)))


def _is_whole(pair: Pair) -> bool:
    return all(one.whole and one.volume_ml > 0 for one in pair)


def _is_cut(pair: Pair) -> bool:
    return any(one.cut or one.volume_ml <= 0 for one in pair)


def _missing(found: dict[str, StructureVolume], other: Volumes) -> list[str]:
    """What was found here and not in the other scan, though it was looked for there."""
    asked = {row["name"] for row in other.table}
    return sorted(name for name in found if name in asked and name not in other)


def _compared(engine: Engine, whole: Sequence[Pair]) -> list[Sentence]:
    if not whole:
        text = "No structure whose drawing was measured is wholly in view in both scans, so nothing can be compared."
        return [Sentence(text, {"structures": 0})]
    told = [pair for pair in whole if abs(change_of_mean(*pair)) >= least_change(engine, pair[0].name)]
    rest = [pair for pair in whole if pair not in told]
    return [*(_changed(engine, *pair) for pair in told), *([_not_told_apart(engine, rest)] if rest else [])]


def _changed(engine: Engine, one: StructureVolume, old: StructureVolume) -> Sentence:
    delta, trust = one.volume_ml - old.volume_ml, trust_of(engine.card, one.name)
    percent, least = 100 * delta / old.volume_ml, least_change(engine, one.name)
    doubt = f"; rough: {trust.words}" if trust.rough else ""
    text = (
        f"{one.name[0].upper()}{one.name[1:]}: {shown_ml(old.volume_ml)} mL then, {shown_ml(one.volume_ml)} mL now "
        f"({'+' if delta > 0 else '-'}{shown_ml(abs(delta))} mL, {percent:+.0f} %){doubt}."
    )
    facts = {
        "structure": one.name, "then_ml": round(old.volume_ml, 3), "now_ml": round(one.volume_ml, 3), "change_ml": round(delta, 3),
        "change_percent": round(percent, 2), "change_percent_of_mean": round(change_of_mean(one, old), 2),
        "told_from_percent_of_mean": round(least, 1), **place_facts(one), **dice_facts(trust),
    }  # fmt: skip
    return Sentence(text, facts)


def _not_told_apart(engine: Engine, pairs: Sequence[Pair]) -> Sentence:
    changes = {one.name: round(change_of_mean(one, old)) for one, old in pairs}
    least = {name: round(least_change(engine, name)) for name in changes}
    listed = ", ".join(f"{name} {change:+d} ({least[name]})" for name, change in changes.items())
    text = (
        "Not told apart from the uncertainty of drawing (change in % of the mean of both volumes; in brackets, from how many % on "
        f"it is told): {listed}."
    )
    return Sentence(text, {"changes_percent_of_mean": changes, "told_from_percent_of_mean": least})


def _named(what: str, names: Sequence[str]) -> list[Sentence]:
    return [Sentence(f"{what}: {', '.join(names)}.", {"structures": list(names)})] if names else []


def _taken_as_given(headers: PriorHeaders) -> Sentence:
    """The same Patient ID twice does not prove one person, but a day does prove which scan is the earlier one."""
    order = ", and that the prior is the earlier one," if headers.is_later is None else ""
    return Sentence(f"That both scans are of the same person{order} was taken as given.", {})

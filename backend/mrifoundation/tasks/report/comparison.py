"""Then and now: the same structures in a prior scan of the same person."""

from mrifoundation.engine import Engine
from mrifoundation.engine.trust import trust_of
from mrifoundation.tasks.measure.volumes import Volumes
from mrifoundation.tasks.report.document import Section, Sentence
from mrifoundation.tasks.report.structures import dice_facts

SMALL = 5.0  # per cent: less than this is within what segmenting the same person twice gives


def comparison_section(engine: Engine, now: Volumes, then: Volumes) -> Section:
    """Change in mL and per cent of every structure that is wholly in view in both scans, the largest change first."""
    both = [
        (one, then.structures[name])
        for name, one in now.structures.items()
        if name in then and not one.cut and not then.structures[name].cut and then.structures[name].volume_ml > 0
    ]
    changes = sorted(
        ((one, old, 100 * (one.volume_ml / old.volume_ml - 1)) for one, old in both), key=lambda c: -abs(c[2])
    )
    sentences = [_changed(engine, *change) for change in changes if abs(change[2]) >= SMALL]
    same = [one.name for one, _, percent in changes if abs(percent) < SMALL]
    if same:
        text = f"Changed by less than {SMALL:.0f} %: {', '.join(same)}."
        sentences.append(Sentence(text, {"threshold_percent": SMALL, "structures": same}))
    for title, here, there in (("now", now, then), ("only in the prior", then, now)):
        only = sorted(name for name in here.structures if name not in there)
        if only:
            where = "In view now and not in the prior" if title == "now" else "In view in the prior and not now"
            sentences.append(Sentence(f"{where}: {', '.join(only)}.", {"structures": only}))
    if not changes:
        sentences.append(
            Sentence("No structure is wholly in view in both scans, so nothing can be compared.", {"structures": 0})
        )
    sentences.append(Sentence("That both scans are of the same person was taken as given.", {}))
    return Section("Comparison with the prior scan", tuple(sentences))


def _changed(engine: Engine, one, old, percent: float) -> Sentence:
    delta, trust = one.volume_ml - old.volume_ml, trust_of(engine.card, one.name)
    doubt = f"; rough: {trust.words}" if trust is not None and trust.rough else ""
    text = (
        f"{one.name[0].upper()}{one.name[1:]}: {old.volume_ml:.1f} mL then, {one.volume_ml:.1f} mL now "
        f"({delta:+.1f} mL, {percent:+.0f} %){doubt}."
    )
    facts = {
        "structure": one.name, "then_ml": round(old.volume_ml, 3), "now_ml": round(one.volume_ml, 3), "change_ml": round(delta, 3),
        "change_percent": round(percent, 2), **dice_facts(trust),
    }  # fmt: skip
    return Sentence(text, facts)

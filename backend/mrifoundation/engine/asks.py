"""From prompts to what is asked of the model: one ask is one row of the table and one value of the label map."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from mrifoundation.anatomy import Understood, Vocabulary, understand
from mrifoundation.engine.meaning import InView, nearest_in_meaning, no_scan
from mrifoundation.errors import InputError

MOST_PROMPTS = 1000
MOST_SUGGESTED = 5
NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Ask:
    """prompt: what the person wrote. name: what to call the answer. names: known structures whose union it is.
    sentences: what the vocabulary does not know and the text encoder shall try. explanation: how the prompt was
    read. named: whether the prompt names this one structure, and not a group that holds it."""

    prompt: str
    name: str
    names: tuple[str, ...]
    sentences: tuple[str, ...]
    explanation: str
    named: bool = False


@dataclass(frozen=True)
class Asks:
    """All that a list of prompts asks, with suggestions (prompt → nearest names) for what was not known as written."""

    asks: tuple[Ask, ...]
    suggestions: dict[str, list[str]]


def asks_of(
    prompts: Collection[str],
    vocabulary: Vocabulary,
    known: Collection[str],
    *,
    problems: Mapping[str, str] = NONE,
    free_text: bool = False,
    expand: bool = False,
    suggest: bool = True,
    in_view: InView = no_scan,
) -> Asks:
    """Read `prompts` with the structures that the model has learned or was taught (`known`).

    problems: names that were taught and cannot be used, with the reason; where they are `known` all the same, the answer says so.
    expand: every structure that a prompt stands for is asked for alone, each once; else the i-th ask is the i-th
    prompt. suggest: what is near in meaning to words that nothing reads, which takes the sentence encoder. in_view: which of some
    names the scan shows; they are put forward. Raises InputError, with the nearest names, for a prompt that is not understood, unless
    `free_text`.
    """
    if not prompts:
        raise InputError("There is no prompt; name at least one structure, for example left hippocampus.")
    if len(prompts) > MOST_PROMPTS:
        raise InputError(f"There are {len(prompts)} prompts; give at most {MOST_PROMPTS} at a time.")
    read = [_read(prompt, vocabulary, known, problems) for prompt in prompts]
    if suggest:
        read = [[_suggested(one, vocabulary, known, in_view) for one in each] for each in read]
    read = [[_settled(one, free_text) for one in each] for each in read]
    suggestions = {one.prompt: list(one.suggestions) for each in read for one in each if one.suggestions}
    if not expand:
        return Asks(tuple(map(_whole, prompts, read)), suggestions)
    first: dict[str, Ask] = {}
    for ask in (ask for each in read for one in each for ask in _split(one, vocabulary, known)):
        first.setdefault(ask.name, ask)
    return Asks(tuple(first.values()), suggestions)


def _read(prompt: str, vocabulary: Vocabulary, known: Collection[str], problems: Mapping[str, str]) -> list[Understood]:
    read = understand(prompt, vocabulary, {*known, *problems}) if prompt.strip() else []
    if not read:
        raise InputError("One of the prompts is empty; name a structure, for example left hippocampus.")
    return [_told(one, known, problems) for one in read]


def _settled(one: Understood, free_text: bool) -> Understood:
    """`one` as it is asked; InputError where nothing reads it and it may not be tried as free text."""
    if one.names:
        return one
    if not free_text:
        raise InputError(_not_understood(one))
    return replace(one, explanation=one.explanation + " It is tried as free text, which is less reliable.")


def _told(one: Understood, known: Collection[str], problems: Mapping[str, str]) -> Understood:
    """`one` with what is wrong with a taught name that the weights know themselves; InputError for one that they do not."""
    for name in (name for name in one.names if name in problems):
        if name not in known:
            raise InputError(problems[name])
        one = replace(one, explanation=f"{one.explanation} {problems[name]} Until then this is what the weights know.")
    return one


def _suggested(one: Understood, vocabulary: Vocabulary, known: Collection[str], in_view: InView) -> Understood:
    """With what is nearest in meaning before what is nearest in letters, for words that no vocabulary reads."""
    if one.names or any(whole.names for whole in understand(one.prompt, vocabulary)):
        return one
    near = nearest_in_meaning(one.prompt, vocabulary, known, in_view)
    return replace(one, suggestions=_distinct((*near, *one.suggestions))[:MOST_SUGGESTED])


def _not_understood(one: Understood) -> str:
    # The explanation goes on with the nearest names of the whole vocabulary; here only those help that the model has
    # learned.
    problem = one.explanation.split(";")[0].rstrip(".")
    remedy = f"name one of the nearest ({', '.join(one.suggestions)})" if one.suggestions else "name another structure"
    return f"{problem}; {remedy}, or turn on free text to try it as it is."


def _whole(prompt: str, read: list[Understood]) -> Ask:
    names = _distinct(name for one in read for name in one.names)
    sentences = _distinct(one.prompt for one in read if not one.names)
    name = names[0] if len(names) == 1 and not sentences else " ".join(prompt.split())
    explanation = " ".join(_distinct(one.explanation for one in read))
    return Ask(prompt, name, names, sentences, explanation, len(names) == 1 and not sentences)


def _split(one: Understood, vocabulary: Vocabulary, known: Collection[str]) -> list[Ask]:
    if not one.names:
        return [Ask(one.prompt, one.prompt, (), (one.prompt,), one.explanation)]
    singles = _distinct(single for name in one.names for single in _singles(name, vocabulary, known))
    return [Ask(one.prompt, name, (name,), (), one.explanation, one.names == (name,)) for name in singles]


def _singles(name: str, vocabulary: Vocabulary, known: Collection[str]) -> tuple[str, ...]:
    """The single structures of a name as far as the model tells them apart."""
    singles = vocabulary.singles_of(name)
    return singles if all(single in known for single in singles) else (name,)


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))

"""From prompts to what is asked of the model: one ask is one row of the table and one value of the label map."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mrifoundation.anatomy import Understood, Vocabulary, understand
from mrifoundation.errors import InputError

MOST_PROMPTS = 1000


@dataclass(frozen=True)
class Ask:
    """prompt: what the person wrote. name: what to call the answer. names: known structures whose union it is.
    sentences: what the vocabulary does not know and the text encoder shall try. explanation: how the prompt was read."""

    prompt: str
    name: str
    names: tuple[str, ...]
    sentences: tuple[str, ...]
    explanation: str


@dataclass(frozen=True)
class Asks:
    """All that a list of prompts asks, with suggestions (prompt → nearest names) for what was not known as written."""

    asks: tuple[Ask, ...]
    suggestions: dict[str, list[str]]


def asks_of(
    prompts: Collection[str], vocabulary: Vocabulary, known: Collection[str], *, free_text: bool = False, expand: bool = False
) -> Asks:
    """Read `prompts` with the structures that the model has learned (`known`).

    expand: every structure that a prompt stands for is asked for alone, each once; else the i-th ask is the i-th prompt.
    Raises InputError, with the nearest names, for a prompt that is not understood, unless `free_text`.
    """
    if not prompts:
        raise InputError("There is no prompt; name at least one structure, for example left hippocampus.")
    if len(prompts) > MOST_PROMPTS:
        raise InputError(f"There are {len(prompts)} prompts; give at most {MOST_PROMPTS} at a time.")
    asks, suggestions = [], {}
    for prompt in prompts:
        read = [_learned(one, known) for one in understand(prompt, vocabulary, known)] if prompt.strip() else []
        if not read:
            raise InputError("One of the prompts is empty; name a structure, for example left hippocampus.")
        for one in read:
            if one.suggestions:
                suggestions[one.prompt] = list(one.suggestions)
            if not one.names and not free_text:
                raise InputError(not_understood(one))
        asks += _expanded(read) if expand else [_whole(prompt, read)]
    return Asks(_each_once(asks) if expand else tuple(asks), suggestions)


def not_understood(read: Understood) -> str:
    """The sentence for a prompt that stands for nothing the model knows."""
    if not read.suggestions:
        return f"'{read.prompt}' is not known; ask for another structure, or turn on free text to try it anyway."
    *others, last = [f"'{name}'" for name in read.suggestions[:3]]
    near = f"{', '.join(others)} or {last}" if others else last
    return f"'{read.prompt}' is not known; did you mean {near}? Turn on free text to try it as it is."


def _learned(read: Understood, known: Collection[str]) -> Understood:
    """`read` with only the structures that the model has learned."""
    names = tuple(name for name in read.names if name in known)
    if len(names) == len(read.names):
        return read
    missing = [name for name in read.names if name not in known]
    explanation = f"{read.explanation} These weights have not learned {', '.join(missing)}."
    return Understood(read.prompt, names, read.how if names else "unknown", explanation.strip(), read.suggestions)


def _whole(prompt: str, read: list[Understood]) -> Ask:
    names = _distinct(name for one in read for name in one.names)
    sentences = _distinct(one.prompt for one in read if not one.names)
    name = names[0] if len(names) == 1 and not sentences else " ".join(prompt.split())
    return Ask(prompt, name, names, sentences, _explained(read))


def _expanded(read: list[Understood]) -> list[Ask]:
    asks = []
    for one in read:
        asks += [Ask(one.prompt, name, (name,), (), _explained([one])) for name in one.names]
        if not one.names:
            asks.append(Ask(one.prompt, one.prompt, (), (one.prompt,), _explained([one])))
    return asks


def _explained(read: list[Understood]) -> str:
    tried = " It is tried as free text, which is less reliable."
    return " ".join(_distinct(one.explanation + ("" if one.names else tried) for one in read)).strip()


def _each_once(asks: list[Ask]) -> tuple[Ask, ...]:
    first = {ask.name: ask for ask in reversed(asks)}
    return tuple(first[name] for name in _distinct(ask.name for ask in asks))


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))

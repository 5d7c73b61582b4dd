"""Sentences that are made where Slicer's translations cannot be asked, and translated where they are shown.

A worker thread, a test or the browser face makes them: there is no Slicer there, or it may be asked in the main thread alone. Such
a file imports `translatable as _` and says `_("…").format(…)` as all others do; what shows the sentence says `translated`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping


class Sentence(str):
    """English words that know the template they were made from, where the translators find it, and what was filled in."""

    def __new__(cls, template: str, context: str, fields: Mapping[str, object] | None = None) -> Sentence:
        sentence = super().__new__(cls, template if fields is None else template.format(**fields))
        sentence._template, sentence._context, sentence._fields = template, context, fields
        return sentence

    def format(self, **fields: object) -> Sentence:
        """The sentence with its fields filled in, sentences among them."""
        return Sentence(self._template, self._context, fields)

    def translated(self) -> str:
        """The words in the language of the application; English where there is no usable translation."""
        from slicer.i18n import translate  # not above: this file is read where there is no Slicer, too

        template = translate(self._context, self._template)
        if self._fields is None:
            return template
        values = {name: _in_its_language(value) for name, value in self._fields.items()}
        try:
            return template.format(**values)
        except (LookupError, ValueError):  # a translator changed the name of a field
            return self._template.format(**values)


def translatable(template: str) -> Sentence:
    """To be imported as `_`: mark a literal for the translators, who find it under the calling file, as with Slicer's own `tr`."""
    return Sentence(template, inspect.currentframe().f_back.f_globals["__name__"])


def translated(words: str | Exception) -> str:
    """A text, or that of a failure, in the language of the application. What is no Sentence, as from the backend, stays as it is."""
    if isinstance(words, Exception):
        words = next((one for one in words.args if isinstance(one, Sentence)), str(words))
    return words.translated() if isinstance(words, Sentence) else words


def _in_its_language(value: object) -> object:
    return value.translated() if isinstance(value, Sentence) else value

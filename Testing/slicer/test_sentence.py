"""What worker threads say, failures above all, comes before the person in the language of the application."""

import threading

import pytest
from backend_process import free_port
from MRIFoundationLib.Failures import BackendError
from MRIFoundationLib.Sentence import translatable, translated

ADDRESS, FAILURES, FILTERS, SEARCHING = (
    f"MRIFoundationLib.{name}" for name in ("Address", "Failures", "FilterText", "Searching")
)
"""The contexts under which Slicer's update_translations.py finds the sentences of these files."""


@pytest.fixture
def french(slicer_app, monkeypatch):
    """What the application has learned to say, by context and English; to be asked in the main thread."""
    import slicer.i18n

    known = {}

    def translate(context, text):
        assert threading.current_thread() is threading.main_thread()
        return known.get((context, text), text)

    monkeypatch.setattr(slicer.i18n, "translate", translate)
    return known


def refusal(filters):
    """The failure that filters which cannot be read raise."""
    from MRIFoundationLib.FilterText import parse

    with pytest.raises(BackendError) as told:
        parse(filters)
    return told.value


def test_a_failed_connection_is_told_with_what_was_typed(panel, french):
    from double.events import wait_until

    english = "'{typed}' is not an http address: enter for example {example}."
    french[ADDRESS, english] = "« {typed} » n'est pas une adresse http : entrez par exemple {example}."
    ui = panel.backendPanel.ui
    ui.addressLine.text = "ftp://{gpu}"
    ui.testButton.click()
    wait_until(lambda: panel.connection.state == "failed")
    expected = "« ftp://{gpu} » n'est pas une adresse http : entrez par exemple http://127.0.0.1:8765."
    assert ui.statusLabel.text == expected


@pytest.mark.parametrize("section", ["segmentPanel", "contourPanel"])
def test_progress_and_failure_of_a_request_are_told_in_the_panel(panel, french, section):
    from double.events import wait_until
    from MRIFoundationLib.Searching import Query, search

    asking, url, seen = getattr(panel, section), f"http://127.0.0.1:{free_port()}", []
    english = "Nothing answers at {url}: start the backend there, or correct the port (usually 8765)."
    french[FAILURES, english] = "Rien ne répond à {url}."
    french[SEARCHING, "Asking the library."] = "La bibliothèque est interrogée."
    panel.connection.use(url, "")
    panel.requests.watch(lambda _fraction, words: seen.append(words))
    asking.ask([], lambda client, ids, *how: search(client, ids, Query(), *how), seen.append)
    wait_until(lambda: not panel.requests.busy, what="the failure")
    assert asking.ui.messageLabel.text == panel.connection.message == f"Rien ne répond à {url}."
    assert "La bibliothèque est interrogée." in seen


def test_a_sentence_in_a_sentence_is_translated_too(french):
    french[FILTERS, "A part of it is empty: {example}."] = "Une partie est vide : {example}."
    french[FILTERS, "write for example: plane = axial and age = 60..90"] = "écrivez plane = axial"
    assert translated(refusal("and")) == "Une partie est vide : écrivez plane = axial."


def test_what_has_no_usable_translation_stays_english(french):
    error = refusal("age = {old}")
    english = "The filter age needs a number or a range, not '{old}': write low..high."
    assert translated(error) == str(error) == english
    for wrong in ("Le filtre {nom}", "Le filtre {", "Le filtre {}"):
        french[FILTERS, "The filter {name} needs a number or a range, not '{text}': write low..high."] = wrong
        assert translated(error) == english


def test_the_words_of_the_backend_are_left_alone(french):
    french[FAILURES, "There is no {head}."] = "Il n'y a pas de {head}."
    assert translated(BackendError("There is no {head}.")) == "There is no {head}."
    assert translated("Reading {slices}") == "Reading {slices}" and translated("") == ""


def test_without_slicer_a_sentence_is_its_english_words():
    sentence = translatable("{count} of '{name}'").format(count=3, name="{x}")
    assert sentence == str(sentence) == "3 of '{x}'" and str(BackendError(sentence)) == "3 of '{x}'"

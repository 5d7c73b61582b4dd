"""What is told of hits, answers and reports in words, and drawn as bars. No backend."""

import numpy as np
import pytest

HIT = {
    "case": "c1",
    "name": "head <1>",
    "score": 0.934,
    "percentile": 98.7,
    "facts": {"region": "brain", "sequence": "T1", "age": 33.6, "sex": "F", "diagnosis": "MS"},
    "guessed": ["region"],
    "shared": ["Both show the brain."],
    "different": ["Age 33 and 70."],
    "caption": "Axial T1 & FLAIR",
}
ANSWER = {"applicable": True, "probabilities": {"ill": 0.25, "healthy": 0.75}, "intervals": {"healthy": [0.5, 0.9]}}


@pytest.fixture
def bars(scene):
    from MRIFoundationLib.BarChart import BarChart

    chart = BarChart()
    chart.resize(400, chart.height)
    return chart


def bar_pixels(chart):
    """How many pixels of each row of bars have the bars' blue."""
    image = chart.grab().toImage()
    blue = [
        [image.pixelColor(x, y).name() == "#4a90d9" for x in range(image.width())] for y in range(5, image.height(), 22)
    ]
    return [sum(row) for row in blue]


def test_a_hit_tells_its_score_and_its_place_among_the_searched(scene):
    from MRIFoundationLib import HitText

    assert HitText.label(HIT).split("\n") == ["head <1>", "0.93 · above 99 %", "brain · T1 · 34 y · female"]


def test_an_order_that_words_have_a_part_in_is_told_only_where_the_numbers_do_not_fall(scene):
    from MRIFoundationLib import HitText

    def order(*scores):
        return HitText.order([{**HIT, "score": score} for score in scores])

    assert order() == order(None, None) == order(0.9, 0.9, None, 0.5) == ""
    assert order(0.5, None, 0.9).startswith("Ordered by similarity and by how well their texts fit the words;")


def test_a_hit_found_by_words_has_no_score(scene):
    from MRIFoundationLib import HitText

    assert HitText.score({**HIT, "score": None, "percentile": None}) == "fits the words"


def test_words_of_a_case_are_quoted_with_their_source_and_escaped(scene):
    from MRIFoundationLib import HitText

    text = HitText.details(HIT)
    assert "“Axial T1 &amp; FLAIR”" in text and "of the case head &lt;1&gt;, not of the present scan" in text
    assert "Both show the brain." in text and "Age 33 and 70." in text
    assert "Guessed, not told by the source: region." in text


def test_filters_ask_only_for_what_was_filled_in():
    from MRIFoundationLib.Searching import filters

    assert filters("", "", "", (0, 0)) == {}
    assert filters("brain", "T1", "F", (60, 0)) == {
        "region": "brain",
        "sequence": "T1",
        "sex": "F",
        "age": [60, None],
    }


@pytest.mark.parametrize(("share", "words"), [(0.004, "< 1 %"), (0.5, "50 %"), (0.999, "> 99 %")])
def test_probabilities_claim_no_certainty(scene, share, words):
    from MRIFoundationLib.AnswerText import percent

    assert percent(share) == words


@pytest.mark.parametrize(("value", "words"), [(1234.56, "1235 mL"), (12.34, "12.3 mL"), (0.567, "0.57 mL")])
def test_measured_values_have_a_unit_and_no_needless_digits(scene, value, words):
    from MRIFoundationLib.AnswerText import number

    assert number(value, "mL") == words


def test_a_head_that_does_not_fit_has_no_number(scene):
    from MRIFoundationLib.AnswerText import short

    assert short(ANSWER) == "healthy 75 %"
    assert short({"applicable": False, "probabilities": {}}) == "not applicable"


def test_the_answer_to_a_sentence_is_shown_as_less_certain_than_a_heads(bars):
    from MRIFoundationLib.AnswerText import short

    answer = {**ANSWER, "interval_kind": "range over phrasings"}
    assert short(answer) == "healthy, uncalibrated 75 %"
    bars.show_answer(answer)
    assert not any(bar_pixels(bars)), "its bars are paler"
    bars.show_answer(ANSWER)
    assert any(bar_pixels(bars))


def test_bars_are_as_long_as_their_probabilities(bars):
    bars.show_answer({**ANSWER, "intervals": {}})
    first, second, *others = bar_pixels(bars)
    assert np.isclose(first / second, 3.0, rtol=0.05) and not any(others)


def test_a_bar_tells_what_its_interval_is(bars):
    bars.show_answer(ANSWER)  # of a backend of before
    assert "healthy: 75 % (95 %: 50–90 %)" in bars.toolTip
    bars.show_answer({**ANSWER, "interval_kind": "range over phrasings"})
    assert "healthy: 75 % (range over phrasings: 50–90 %)" in bars.toolTip


def test_an_answer_that_is_not_applicable_draws_no_bar(bars):
    bars.show_answer({**ANSWER, "applicable": False})
    assert not any(bar_pixels(bars))


def test_each_sentence_of_a_report_carries_its_numbers():
    from MRIFoundationLib.Reporting import rich_text

    facts = {"volume_ml": 3.25678, "range": [1.0, 2.5], "norm": '"usual"'}
    text = rich_text([{"title": "Brain & cord", "sentences": [{"text": "Liver < spleen.", "facts": facts}]}])
    assert text.startswith("<h3>Brain &amp; cord</h3>") and "Liver &lt; spleen." in text
    assert 'title="volume_ml: 3.257&#10;range: 1, 2.5&#10;norm: &quot;usual&quot;"' in text


def test_the_places_of_a_report_go_along_with_its_scan():
    from MRIFoundationLib.ReportPlaces import Place, keep, places_of, recall

    told = [{"text": "Liver: 1 mL.", "facts": {"center_ras_mm": [10.0, 20.0, 30.0]}}, {"text": "A head.", "facts": {}}]
    [place] = places_of([{"title": "", "sentences": told}])
    assert place == Place("Liver: 1 mL.", (10, 20, 30)) and place.moved(np.diag([2.0, 1, 1, 1])).center == (20, 20, 30)
    assert recall(keep([place])) == [place] and recall("") == recall("no JSON") == recall("[[1]]") == []


def test_the_box_of_a_place_goes_along_with_it():
    from MRIFoundationLib.ReportPlaces import Place, keep, places_of, recall

    facts = {"center_ras_mm": [1.0, 2.0, 3.0], "box_ras_mm": [[0.0, 0.0, 0.0], [2.0, 4.0, 6.0]], "structure": "liver"}
    [place] = places_of([{"title": "", "sentences": [{"text": "Liver: 1 mL.", "facts": facts}]}])
    assert place.structure == "liver" and place.box == ((0, 0, 0), (2, 0, 0), (0, 4, 0), (0, 0, 6))
    quarter = np.array([[0.0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 10], [0, 0, 0, 1]])
    assert place.moved(quarter).box == ((0, 0, 10), (0, 2, 10), (-4, 0, 10), (0, 0, 16))
    assert recall(keep([place])) == [place]
    assert recall('[["Liver: 1 mL.", [1, 2, 3]]]') == [Place("Liver: 1 mL.", (1, 2, 3))]  # as it was kept before
    assert recall('[["Liver: 1 mL.", [1, 2, 3], "liver", [[0, 0, 0]]]]')[0].box == ()


def test_a_box_of_voxels_survives_its_way_over_the_wire():
    from MRIFoundationLib.VoxelBox import VoxelBox

    box = VoxelBox(np.arange(24, dtype=np.uint16).reshape(2, 3, 4), (5, 6, 7), (20, 20, 20), np.diag([2.0, 3, 4, 1]))
    back = VoxelBox.from_answer(box.geometry(), box.voxels.tobytes())
    assert np.array_equal(back.voxels, box.voxels) and (back.start, back.full_shape) == (box.start, box.full_shape)
    assert np.allclose(back.box_affine() @ [0, 0, 0, 1], [10, 18, 28, 1])

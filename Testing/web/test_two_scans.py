"""An answer belongs to the scan that was asked about, whichever is chosen when it comes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from running_face import ROWS, RunningFace, ask, choose, names, wait_until_idle, wait_until_told

HAS_COME = "The answer about 'head.nii.gz' has come: choose that scan to see it."


@pytest.fixture
def both(page):
    """The page with the head chosen and nothing running."""
    wait_until_idle(page)
    choose(page, "head.nii.gz")
    return page


def coloured(page, path) -> float:
    """The share of the slices that a segment colours."""
    page.wait_for_timeout(3000)
    page.screenshot(path=path)
    views = np.asarray(Image.open(path).convert("RGB")).astype(int)[:, 430:]
    return float((views.max(axis=2) - views.min(axis=2) > 40).mean())


def test_segments_that_come_after_a_switch_are_those_of_the_scan_that_was_asked_about(both, gate, tmp_path):
    with gate.holding("/result") as held:
        ask(both, "left hippocampus, brainstem")
        held.wait()
        choose(both, "other.nii.gz")
    both.wait_for_selector(f'#segment-message:has-text("{HAS_COME}")')
    assert names(both) == [], "rows of another scan"
    assert coloured(both, tmp_path / "other.png") < 0.001, "segments of another scan"
    choose(both, "head.nii.gz")
    both.wait_for_selector(ROWS)
    assert names(both) == ["left hippocampus", "brainstem"]
    assert coloured(both, tmp_path / "head.png") > 0.005
    assert "Never tested" in both.locator("#segment-message").inner_text()


def test_each_scan_has_its_own_rows(both):
    choose(both, "other.nii.gz")
    ask(both, "spleen")
    both.wait_for_selector(f"{ROWS}:has-text('spleen')")
    assert names(both) == ["spleen"]
    choose(both, "head.nii.gz")
    both.wait_for_selector(f"{ROWS}:has-text('brainstem')")
    assert "spleen" not in names(both)


def test_segments_that_come_while_no_scan_is_chosen_wait_for_their_scan(both, gate):
    with gate.holding("/result") as held:
        ask(both, "left kidney")
        held.wait()
        both.evaluate("window.trame.state.set('scan', null)")
        wait_until_told(both)
    both.wait_for_selector(f'#segment-message:has-text("{HAS_COME}")')
    choose(both, "head.nii.gz")
    both.wait_for_selector(f"{ROWS}:has-text('left kidney')")


def test_a_failure_after_a_switch_names_the_scan(both, gate):
    with gate.holding("/segment") as held:
        ask(both, "xyzzy")
        held.wait()
        choose(both, "other.nii.gz")
    both.wait_for_selector("#segment-message:has-text(\"About 'head.nii.gz': \"):has-text('xyzzy')")
    choose(both, "head.nii.gz")
    both.wait_for_selector("#segment-message:not(:has-text('xyzzy'))")


def test_heads_that_answer_after_a_switch_are_shown_with_their_scan(both, gate):
    both.locator("#tab-classify").click()
    with gate.holding("/result") as held:
        both.locator("#classify").click()
        held.wait()
        choose(both, "other.nii.gz")
    both.wait_for_selector(f'#classify-message:has-text("{HAS_COME}")')
    assert both.locator("#answers").count() == 0, "answers about another scan"
    choose(both, "head.nii.gz")
    both.wait_for_selector("#answers tbody tr")
    assert "heads fit 'head.nii.gz'" in both.locator("#classify-message").inner_text()


def test_hits_name_the_scan_that_they_are_like(both, gate):
    both.locator("#tab-similar").click()
    with gate.holding("/v1/search") as held:
        both.locator("#find").click()
        held.wait()
        choose(both, "other.nii.gz")
    both.wait_for_selector("#hits .v-card")
    assert both.locator("#hits-of").inner_text() == "Most similar to 'head.nii.gz':"


def test_pictures_that_come_late_belong_to_their_cases(both, gate):
    """Both searches find the same two cases, each the other one first."""
    both.locator("#tab-similar").click()
    with gate.holding("/thumbnail") as held:
        both.locator("#find").click()
        held.wait()
        choose(both, "other.nii.gz")
        both.locator("#find").click()
        both.wait_for_selector("#hits-of:has-text('other')")
        both.wait_for_function("document.querySelectorAll('#hits img').length === 2")
        right = pictures(both)
    both.wait_for_timeout(2000)
    assert pictures(both) == right


def test_an_answer_about_a_scan_that_is_gone_is_dropped_in_words(open_page, web_python, gate, head_file):
    with RunningFace(
        web_python, gate.url, head_file, module=[Path(__file__).with_name("face_that_forgets.py")]
    ) as face:
        page = open_page(face.address)
        with gate.holding("/result") as held:
            ask(page, "brainstem")
            held.wait()
            page.evaluate("window.trame.trigger('forget')")
            page.wait_for_timeout(500)
        page.wait_for_selector("#segment-message:has-text('changed or removed meanwhile')")
        assert names(page) == []
        page.close()


def pictures(page) -> dict[str, str]:
    """Of each case in the gallery."""
    cards = page.locator("#hits .v-card").all()
    return {card.locator(".text-body-2").inner_text(): card.locator("img").get_attribute("src") for card in cards}

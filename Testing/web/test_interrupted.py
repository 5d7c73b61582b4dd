"""Requests that are cancelled, overtaken, broken off or answered with nonsense leave a page that says so and goes on."""

import json

import pytest
from running_face import ROWS, RunningFace, ask, choose, names, wait_until_idle, wait_until_told

MOVING = "#status .v-progress-linear--active"


@pytest.fixture
def idle(page):
    """The page with the head chosen and nothing running."""
    wait_until_idle(page)
    choose(page, "head.nii.gz")
    return page


def test_enter_asks(idle):
    idle.locator("#tab-segment").click()
    idle.fill("#prompt", "left thalamus")
    idle.press("#prompt", "Enter")
    idle.wait_for_selector(f"{ROWS}:has-text('left thalamus')")


def test_enter_finds(idle):
    idle.locator("#tab-similar").click()
    idle.press("#words", "Enter")
    idle.wait_for_selector("#hits .v-card")


def test_cancel_ends_the_progress(idle, gate):
    with gate.holding("/jobs/") as held:
        ask(idle, "spleen")
        held.wait()
        idle.wait_for_selector(MOVING)
        idle.locator("#cancel").click()
        idle.wait_for_selector("#segment-message:has-text('Cancelled.')")
    wait_until_idle(idle)
    assert idle.locator(MOVING).count() == 0
    idle.wait_for_timeout(1000)
    assert "spleen" not in names(idle), "the answer of what was cancelled"


def test_a_second_request_takes_the_place_of_the_first(idle, gate):
    with gate.holding("/jobs/") as held:
        ask(idle, "left kidney")
        held.wait()
        ask(idle, "right kidney")
        idle.wait_for_selector(f"{ROWS}:has-text('right kidney')")
    assert "left kidney" not in names(idle)
    assert "Cancelled" not in idle.locator("#segment-message").inner_text()


def test_nothing_says_cancelled_while_the_second_request_runs(idle, gate):
    with gate.holding("/jobs/") as first:
        ask(idle, "left kidney")
        first.wait()
        with gate.holding("/jobs/") as second:
            ask(idle, "right kidney")
            second.wait()
            wait_until_told(idle)
            idle.wait_for_selector(MOVING)
            assert idle.locator("#segment-message").count() == 0


def test_without_a_scan_enter_tells_what_is_missing(idle):
    idle.locator("#tab-segment").click()
    idle.evaluate("window.trame.state.set('scan', null)")
    idle.fill("#prompt", "spleen")
    idle.press("#prompt", "Enter")
    idle.wait_for_selector("#segment-message:has-text('No scan is chosen')")


def test_an_answer_that_makes_no_sense_is_told_and_does_not_stop_the_page(open_page, gate, web_python, head_file):
    gate.answers["/v1/heads"] = json.dumps({"heads": [{"name": "without the rest"}]}).encode()
    with RunningFace(web_python, gate.url, head_file) as face:
        page = open_page(face.address)
        page.wait_for_selector("#mishap:has-text('The browser face failed at this')")
        gate.answers.clear()
        ask(page, "spleen")
        page.wait_for_selector(ROWS)
        assert page.locator("#mishap").count() == 0
        page.close()


def test_heads_that_all_want_several_series_are_told_of(open_page, gate, web_python, head_file):
    gate.answers["/v1/heads"] = json.dumps({"heads": [{"name": "heart", "inputs": ["rest", "stress"]}]}).encode()
    with RunningFace(web_python, gate.url, head_file) as face:
        page = open_page(face.address)
        page.locator("#tab-classify").click()
        page.wait_for_selector("#classify-message:has-text('several series')")
        gate.answers.clear()
        page.close()


def test_a_second_browser_sees_the_same_page(idle, open_page, face):
    ask(idle, "brainstem")
    idle.wait_for_selector(f"{ROWS}:has-text('brainstem')")
    second = open_page(face.address)
    second.wait_for_selector(f"{ROWS}:has-text('brainstem')")
    ask(second, "liver")
    idle.wait_for_selector(f"{ROWS}:has-text('liver')")
    second.close()


def test_a_backend_that_went_away_is_told_and_found_again(idle, gate, start_service):
    mortal = start_service()
    before, gate.service = gate.service, mortal.url
    with gate.holding("/jobs/") as held:
        ask(idle, "right thalamus")
        held.wait()
        mortal.process.kill()
        mortal.process.wait()
    idle.wait_for_selector("#segment-message:has-text('stopped while it was working')")
    wait_until_idle(idle)
    assert idle.locator(MOVING).count() == 0
    gate.service = before  # as if it was started again
    idle.locator("#segment").click()
    idle.wait_for_selector(f"{ROWS}:has-text('right thalamus')")
    idle.wait_for_selector("#connection:has-text('Connected')")

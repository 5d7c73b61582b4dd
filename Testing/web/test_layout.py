"""Nothing on the page of the browser face is cut off or out of sight."""

import pytest

HIT = {"name": "a case", "score": "0.80 · above 75 %", "facts": "brain · T1 · 3D"}
CLASS = {"name": "no brain tumour", "value": 98.0, "told": "> 99 % (95 %: 94–100 %)"}
ANSWER = {"head": "tumour", "title": "Brain tumour", "applicable": True, "short": "no brain tumour > 99 %"}


@pytest.fixture
def show(page):
    """show(tab, **state) → the page with this tab and these answers."""

    def show_it(tab, **state):
        page.locator(f"#tab-{tab}").click()
        for name, value in state.items():
            page.evaluate("([name, value]) => window.trame.state.set(name, value)", [name, value])
        page.wait_for_timeout(500)
        return page

    return show_it


def box(page, selector) -> dict:
    return page.locator(selector).first.bounding_box()


@pytest.mark.parametrize("tab", ["segment", "similar", "classify"])
def test_no_label_is_cut(show, tab):
    page = show(tab)
    cut = page.evaluate(
        "[...document.querySelectorAll('.v-navigation-drawer label')]"
        ".filter(one => one.offsetParent && one.scrollWidth > one.clientWidth).map(one => one.innerText)"
    )
    assert cut == []


def test_the_interval_of_a_probability_is_not_cut(show):
    answer = {**ANSWER, "explained": "", "classes": [CLASS], "evidence": []}
    page = show("classify", answers=[answer], answer=answer)
    told = page.locator(f"text={CLASS['told']}")
    assert told.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_what_is_known_of_a_hit_is_in_sight_below_many(show):
    hits = [{**HIT, "case": str(number)} for number in range(12)]
    details = "a case<br>brain · T1 · 3D<br>Shared: both show the brain.<br>Guessed: plane."
    page = show("similar", hits=hits, hit="3", hit_details=details)
    bottom = box(page, "#open-hit")["y"] + box(page, "#open-hit")["height"]
    assert bottom <= box(page, "#research-use")["y"]


def test_a_long_name_in_a_message_is_not_cut(show):
    page = show("classify", classify_message=f"1 of 2 heads fit '{'a_long_name_' * 6}'.")
    message = page.locator("#classify-message .v-alert__content")
    assert message.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_the_sentence_on_research_use_is_in_sight_below_a_long_table(show):
    row = {"volume": "1.0", "presence": "98 %", "tested": "–", "about": "", "center": None, "colour": ""}
    page = show("segment", rows=[{**row, "name": f"structure {number}"} for number in range(60)])
    sentence = box(page, "#research-use")
    assert sentence["y"] + sentence["height"] <= page.viewport_size["height"]

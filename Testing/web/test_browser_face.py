"""What the browser face shows of an answer: rows, segments on the slices, pictures of cases, heads."""

from running_face import ask, names


def test_the_scan_named_on_the_command_line_is_open(page):
    assert "head" in page.locator(".v-select").first.inner_text()
    assert page.locator("#segment").is_disabled(), "nothing was typed"


def test_what_is_typed_becomes_rows_with_volumes(page):
    ask(page, "left hippocampus, liver")
    page.wait_for_selector("#rows tbody tr")
    assert names(page) == ["left hippocampus", "liver"]
    rows = [row.inner_text().split("\t") for row in page.locator("#rows tbody tr").all()]
    volumes = [row[-3].strip() for row in rows]  # untrained weights may say of either that it is not in view
    assert any(float(volume) > 0 for volume in volumes if volume != "–")
    assert [row[-1].strip() for row in rows] == ["–", "–"]
    assert (
        "Never tested on a scan of a person: left hippocampus, liver." in page.locator("#segment-message").inner_text()
    )


def test_the_slices_show_the_scan_under_its_segments(page, tmp_path):
    """Grey voxels and coloured segments."""
    import numpy as np
    from PIL import Image

    page.locator("#rows tbody tr").first.click()
    page.wait_for_timeout(3000)
    path = tmp_path / "page.png"
    page.screenshot(path=path)
    views = np.asarray(Image.open(path).convert("RGB")).astype(int)[:, 430:]
    spread = views.max(axis=2) - views.min(axis=2)
    assert (spread > 40).mean() > 0.005, "no colour of a segment"
    assert ((spread < 8) & (views.mean(axis=2) > 60)).mean() > 0.005, "no grey of the scan"


def test_an_unknown_word_is_told_in_words(page):
    ask(page, "xyzzy")
    page.wait_for_selector("#segment-message:has-text('xyzzy')")


def test_similar_scans_come_with_pictures(page):
    page.locator("#tab-similar").click()
    page.locator("#find").click()
    page.wait_for_selector("#hits img[src^='data:image/png']")
    assert "of 2 scans" in page.locator("#similar-message").inner_text()


def test_heads_answer_beside_the_sentence_on_research_use(page):
    page.locator("#tab-classify").click()
    page.locator("#classify").click()
    page.wait_for_selector("#answers tbody tr")
    assert "not applicable" in page.locator("#answers").inner_text(), "no head was fitted to these weights"
    assert page.locator("#research-use").inner_text() == "For research use only, not for diagnosis."


def test_without_the_secret_of_the_address_nothing_is_shown(chromium, face):
    page = chromium.new_page()
    page.goto(face.address.split("?")[0])
    page.wait_for_timeout(3000)
    assert page.locator("#prompt").count() == 0

"""Mistakes planted in a copy of the module, each of which a named test must notice: a check of the checks.

Each row: the file, what is taken out of it, what stands there instead, and the test that fails then.
"""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import planted_trial
import pytest
from forked_python import ForkedPython

ROOT = Path(__file__).resolve().parents[2]
LIB = "MRIFoundation/MRIFoundationLib/"
UI = "MRIFoundation/Resources/UI/"

MISTAKES = {
    "a parent transform is forgotten": (
        LIB + "Scene.py",
        "return transform_to_world(volume) @ ",
        "return ",
        "test_segmentation.py::test_the_affine_includes_parent_transforms",
    ),
    "axes of the answer are swapped": (
        LIB + "Segmentation.py",
        "labels.voxels.transpose(2, 1, 0)",
        "labels.voxels.transpose(0, 1, 2)",
        "test_segmentation.py::test_segments_lie_on_the_voxels_of_the_volume",
    ),
    "a segmentation under a transform gets world coordinates": (
        LIB + "Segmentation.py",
        "np.linalg.inv(transform_to_world(node)) @ labels.affine",
        "labels.affine",
        "test_segmentation.py::test_segments_lie_right_under_a_transform_and_move_with_it",
    ),
    "a changed scan is taken for the one that was sent": (
        LIB + "Scene.py",
        "VolumeKey(volume.GetID(), image.GetMTime(),",
        "VolumeKey(volume.GetID(), 0,",
        "test_segmentation.py::test_renaming_a_scan_keeps_its_key_and_changing_it_does_not",
    ),
    "a cancel that is not told": (
        LIB + "Task.py",
        'self._end("cancelled", ())',
        "self.finished = True",
        "test_worker.py::test_a_cancel_is_told_at_once_and_nothing_after_it",
    ),
    "work runs in the GUI thread": (
        LIB + "Task.py",
        "        task.start()",
        "        task._run()",
        "test_worker.py::test_reports_come_in_order_and_in_the_main_thread",
    ),
    "the timer never rests": (
        LIB + "Worker.py",
        "self._timer.stop()",
        "pass",
        "test_worker.py::test_an_exception_of_the_work_is_reported",
    ),
    "the backend is greeted in the GUI thread": (
        LIB + "Connection.py",
        "        self._worker.start(self._task)\n\n    def key_for",
        "        self._task._run()\n        self._task.deliver()\n\n    def key_for",
        "test_backend_panel.py::test_opening_the_module_greets_the_backend_and_says_when_there_is_none",
    ),
    "a misspelled property": (
        LIB + "SegmentPanel.py",
        "self.ui.segmentButton.enabled = askable",
        "self.ui.segmentButton.enabeld = askable",
        "test_harness.py::test_the_unchanged_module_opens_and_closes_without_a_fault",
    ),
    "a property read as a call": (
        LIB + "BackendPanel.py",
        "self.ui.keyLine.text.strip() if remember",
        "self.ui.keyLine.text().strip() if remember",
        "test_backend_panel.py::test_the_key_is_kept_only_when_asked_to",
    ),
    "a signal that does not exist": (
        LIB + "SegmentPanel.py",
        '"linkActivated(QString)"',
        '"linkClicked(QString)"',
        "test_harness.py::test_the_unchanged_module_opens_and_closes_without_a_fault",
    ),
    "a selector that its .ui leaves without a scene": (
        UI + "MRIFoundation.ui",
        "<receiver>scanSelector</receiver>",
        "<receiver>MRIFoundation</receiver>",
        "test_harness.py::test_the_unchanged_module_opens_and_closes_without_a_fault",
    ),
    "a renamed widget": (
        UI + "SegmentPanel.ui",
        'name="promptLine"',
        'name="promptEdit"',
        "test_harness.py::test_the_unchanged_module_opens_and_closes_without_a_fault",
    ),
    "an installation that asks nobody": (
        LIB + "BackendPanel.py",
        'installButton.connect("clicked()", self._ask)',
        'installButton.connect("clicked()", lambda: (self._ask(), self._install()))',
        "test_installing.py::test_nothing_begins_before_the_person_agrees",
    ),
    "a full disk is not noticed": (
        LIB + "Installation.py",
        "if free < self.needed_gigabytes",
        "if free < 0",
        "test_installing.py::test_a_full_disk_is_told_before_anything_begins",
    ),
    "a PyTorch that the driver cannot run": (
        LIB + "TorchBuild.py",
        "if driver >= cards.driver:",
        "if driver:",
        "test_install_torch.py::test_the_build_has_kernels_for_the_card_and_runs_under_its_driver",
    ),
    "a stranger's port is taken": (
        LIB + "LocalBackend.py",
        "if _is_taken(port)",
        "if not port",
        "test_backend_panel.py::test_a_port_that_a_stranger_has_is_left_to_him",
    ),
    "the key of another machine goes to this one": (
        LIB + "BackendPanel.py",
        'key = ""  #',
        "pass  #",
        "test_backend_panel.py::test_another_machine_has_its_own_rows_and_its_key_goes_nowhere_else",
    ),
    "certificates are not checked": (
        LIB + "Transport.py",
        "verify=self._authority or True",
        "verify=False",
        "test_https_and_proxies.py::test_an_unknown_authority_is_told",
    ),
    "another protocol version is accepted": (
        LIB + "Client.py",
        'answer["api"] != API',
        'answer["api"] is None',
        "test_client.py::test_another_version_of_the_protocol_is_told",
    ),
    "localhost is not repaired": (
        LIB + "Address.py",
        'host in ("localhost", "0.0.0.0")',
        'host in ("0.0.0.0",)',
        "test_address.py::test_an_address_is_repaired",
    ),
    "a Python file that CMake does not list": (
        "MRIFoundation/CMakeLists.txt",
        "  ${MODULE_NAME}Lib/Worker.py\n",
        "",
        "test_extension.py::test_cmake_lists_every_python_file",
    ),
    "an answer about a scan that is gone is shown": (
        LIB + "ScanRequests.py",
        "if not all(map(_is_the_same, request.volumes, request.keys))",
        "if not request.volumes",
        "test_segment_interrupted.py::test_a_scan_that_is_moved_during_a_request_gets_no_result",
    ),
    "closing the scene leaves the request running": (
        "MRIFoundation/MRIFoundation.py",
        "        self.requests.cancel()\n",
        "",
        "test_segment_interrupted.py::test_closing_the_scene_during_a_request_leaves_nothing_behind",
    ),
    "a backend that was started here outlives Slicer": (
        "MRIFoundation/MRIFoundation.py",
        'slicer.app.connect("aboutToQuit()", self.backendPanel.shut_down)',
        "pass",
        "test_quitting.py::test_the_backend_that_the_module_started_ends_when_slicer_quits",
    ),
    "a message pushes down what is below it": (
        LIB + "MessageLines.py",
        "        self._label.enabled = bool(words)\n",
        "        self._label.enabled = self._room.visible = bool(words)\n",
        "test_nothing_moves.py::test_no_message_moves_a_section[segment-900]",
    ),
    "a failed greeting moves the line that a person types in": (
        "MRIFoundation/MRIFoundation.py",
        "is_news and not self._hasFocus()",
        "is_news",
        "test_nothing_moves.py::test_a_first_greeting_that_fails_moves_nothing_below_who_types_already",
    ),
    "a row of another time point passes for one of this": (
        LIB + "Segmentation.py",
        'row.get("content", now) != now',
        "False",
        "test_time_points.py::test_rows_are_marked_when_the_image_changes_in_place_and_not_for_a_new_name",
    ),
    "answers get lost with the scene": (
        LIB + "ClassifyPanel.py",
        "            self._recall()\n",
        "            pass\n",
        "test_kept_answers.py::test_answers_come_back_with_the_scene_and_are_about_its_scan[.mrml]",
    ),
    "a line that was emptied is not heard": (
        LIB + "PathLine.py",
        "None if is_valid else on_change()",
        "None",
        "test_path_lines.py::test_nothing_is_saved_to_an_emptied_line",
    ),
    "a corrected contour stays out of the file, since it was rejected before": (
        LIB + "OutgoingContours.py",
        'if row.decision != ("rejected", True) or row.edited:',
        'if row.decision[:1] != ("rejected",):',
        "test_outgoing_contours.py::test_only_what_is_as_it_was_rejected_stays_behind",
    ),
    "every slice is looked up with every key": (
        LIB + "ContourFiles.py",
        "DicomDatabase.has(scan)",
        "bool(DicomDatabase.files_of(scan))",
        "test_dicom_database.py::test_a_typed_letter_looks_up_no_more_than_whether_the_series_is_there",
    ),
    "a program is started from within the signal of one that did not start": (
        LIB + "LoggedProcess.py",
        "qt.QTimer.singleShot(0, lambda: self._on_finished(-1))",
        "self._on_finished(-1)",
        "test_logged_process.py::test_another_program_can_follow_one_that_does_not_start",
    ),
    "what a program prints is held against the code page of the computer": (
        LIB + "LoggedProcess.py",
        "**_UTF_8, ",
        "",
        "test_logged_process.py::test_what_a_program_prints_is_read_whatever_the_code_page_of_the_computer",
    ),
    "the backend is ended the hard way": (
        LIB + "LoggedProcess.py",
        "[self._process.closeWriteChannel] if self._ends_with_input else []",
        "[]",
        "test_logged_process.py::test_what_ends_with_its_input_ends_tidily",
    ),
    "a second request does not replace the first": (
        LIB + "ScanRequests.py",
        "        self.cancel()\n        self._run(",
        "        self._run(",
        "test_segment_interrupted.py::test_a_second_request_replaces_the_first",
    ),
    "a draft destroys what a person wrote": (
        LIB + "ReportPanel.py",
        "is_kept = self._shelve()",
        "is_kept = False",
        "test_report_panel.py::test_what_is_typed_while_the_draft_is_written_is_kept",
    ),
    "the series is not sent before an import": (
        LIB + "Exchanging.py",
        "offer_source(client, volume, series, progress, cancelled) if is_asked else None",
        "None",
        "contour/test_files.py::test_contours_of_another_examination_are_noticed_at_a_first_import",
    ),
}
NEEDING_A_BACKEND = {mistake for mistake, row in MISTAKES.items() if "test_segment_interrupted" in row[3]}


def copy_of_module_and_tests(folder: Path) -> Path:
    """What the panel's tests need, in a place where mistakes may be planted."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "MRIFoundation", folder / "MRIFoundation", ignore=ignored)
    shutil.copytree(ROOT / "Testing/slicer", folder / "Testing/slicer", ignore=ignored)
    for path in (ROOT / "Testing").glob("*.py"):
        shutil.copy(path, folder / "Testing")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n")
    return folder


def plant(folder: Path, file: str, right: str, wrong: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1, f"{file} has {text.count(right)} places like {right!r}: bring the table up to date"
    path.write_text(text.replace(right, wrong), encoding="utf-8")


def outcome(folder: Path, test: str, backend_url: str, key: str) -> tuple[int | None, str]:
    """Exit code of pytest (0 passed, 1 failed) and what it printed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # plug-ins take most of the time to start, and are not needed
    if backend_url:
        environment |= {"MRIFOUNDATION_TEST_BACKEND": backend_url, "MRIFOUNDATION_KEY": key}
    printed = folder / "printed.txt"
    with open(printed, "wb") as out:
        trial = ForkedPython([planted_trial.__file__, folder, test], environment, out, out, planted_trial.LOADED)
    try:
        trial.wait(300)
    except subprocess.TimeoutExpired:
        trial.kill()
    return trial.returncode, printed.read_text(encoding="utf-8", errors="replace")


def test_each_planted_mistake_is_noticed_by_its_test(session_backend, tmp_path):
    from MRIFoundationLib.LocalPaths import read_key

    session_backend.revive()
    key = read_key()

    def try_one(mistake: str) -> str:
        file, right, wrong, test = MISTAKES[mistake]
        folder = tmp_path / str(list(MISTAKES).index(mistake))
        folder.mkdir()
        plant(copy_of_module_and_tests(folder), file, right, wrong)
        code, printed = outcome(folder, test, session_backend.url if mistake in NEEDING_A_BACKEND else "", key)
        shutil.rmtree(folder)
        return "" if code == 1 else f"{mistake}: {test} ended with {code}\n{printed[-1500:]}"

    with ThreadPoolExecutor(3) as pool:
        missed = [words for words in pool.map(try_one, MISTAKES) if words]
    assert not missed, "\n\n".join(missed)


@pytest.mark.parametrize("test", ["test_harness.py::test_the_unchanged_module_opens_and_closes_without_a_fault"])
def test_without_a_mistake_the_copy_passes(slicer_app, tmp_path, test):
    """Or every mistake would seem noticed."""
    code, printed = outcome(copy_of_module_and_tests(tmp_path), test, "", "")
    assert code == 0, printed[-3000:]

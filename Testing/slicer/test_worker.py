"""Work beside the GUI: reports in the main thread, cancel at once, and the interpreter's lock of an idle Slicer."""

import ctypes
import glob
import threading
from pathlib import Path

import pytest


@pytest.fixture
def worker(scene):
    from double.events import wait_until
    from MRIFoundationLib.Worker import Worker

    worker = Worker()
    yield worker
    worker.cancel_all()
    wait_until(lambda: not worker._timer.active, what="the end of all work")


@pytest.fixture
def heard():
    return []


def task_for(work, heard):
    """A task whose reports are kept with the thread in which they came."""
    from MRIFoundationLib.Task import Task

    def keep(kind):
        return lambda *arguments: heard.append(
            (kind, *arguments, threading.current_thread() is threading.main_thread())
        )

    return Task(work, keep("done"), keep("failed"), keep("progress"), keep("cancelled"))


def test_reports_come_in_order_and_in_the_main_thread(worker, heard):
    from double.events import wait_until

    def work(task):
        assert threading.current_thread() is not threading.main_thread()
        task.progress("encode", 0.5, "Half.")
        return 42

    worker.start(task_for(work, heard))
    wait_until(lambda: len(heard) == 2)
    assert heard == [("progress", "encode", 0.5, "Half.", True), ("done", 42, True)]


def test_an_exception_of_the_work_is_reported(worker, heard):
    from double.events import wait_until

    worker.start(task_for(lambda _task: 1 / 0, heard))
    wait_until(lambda: bool(heard))
    assert heard[0][0] == "failed" and isinstance(heard[0][1], ZeroDivisionError)


def test_a_cancel_is_told_at_once_and_nothing_after_it(worker, heard):
    from double.events import spin

    go_on = threading.Event()

    def work(task):
        go_on.wait(10)
        task.progress("encode", 1.0, "Too late.")
        return task.cancelled()

    task = worker.start(task_for(work, heard))
    task.cancel()
    assert heard == [("cancelled", True)]
    go_on.set()
    spin(100)
    assert heard == [("cancelled", True)]


def test_a_task_that_hangs_does_not_hold_up_another(worker, heard):
    from double.events import wait_until

    release = threading.Event()
    worker.start(task_for(lambda _task: release.wait(30), []))
    worker.start(task_for(lambda _task: "quick", heard))
    wait_until(lambda: bool(heard), seconds=5)
    release.set()
    assert heard == [("done", "quick", True)]


def test_the_timer_rests_when_there_is_no_work(worker, heard):
    from double.events import wait_until

    worker.start(task_for(lambda _task: None, heard))
    assert worker._timer.active
    wait_until(lambda: not worker._timer.active)


def busy_python(_task):
    """Pure Python work of a fraction of a second, which needs the interpreter all the time."""
    return sum(number % 7 for number in range(2_000_000))


def run_holding_the_lock(app, milliseconds: int) -> None:
    """Qt's event loop entered as Slicer enters it: in C++, with Python's lock held."""
    import PySide6
    from PySide6.QtCore import QTimer

    [library] = glob.glob(str(Path(PySide6.__file__).parent / "Qt/lib/libQt6Widgets.so.6"))
    execute = ctypes.PyDLL(library)._ZN12QApplication4execEv
    QTimer.singleShot(milliseconds, app.quit)
    execute()


def quit_when(reached, app):
    """A timer that leaves the event loop when `reached()`; looks only now and then, so as not to do the
    worker's timer's work."""
    from PySide6.QtCore import QTimer

    timer = QTimer()
    timer.setInterval(500)
    timer.timeout.connect(lambda: app.quit() if reached() else None)
    timer.start()
    return timer


def test_work_gets_done_while_an_idle_slicer_holds_the_interpreter(worker, heard, slicer_app):
    worker.start(task_for(busy_python, heard))
    run_holding_the_lock(slicer_app, 4000)
    assert [report[0] for report in heard] == ["done"]


def test_without_the_timer_the_emulation_starves_a_thread(scene, slicer_app):
    """Or the test above would pass whatever the worker does."""
    done = threading.Event()
    go = threading.Event()

    def work():
        go.wait()
        busy_python(None)
        done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    go.set()
    run_holding_the_lock(slicer_app, 1500)
    starved = not done.is_set()
    thread.join(20)
    assert starved and done.is_set()


def test_a_real_request_is_answered_while_an_idle_slicer_holds_the_interpreter(
    worker, heard, slicer_app, client, head_voxels, oblique_affine
):
    from MRIFoundationLib.Asking import Scan, send
    from MRIFoundationLib.Segmenting import Question, ask

    scan = Scan("head", oblique_affine, voxels=head_voxels.transpose(2, 1, 0))

    def work(task):
        held = send(client, scan, task.progress, task.cancelled)
        return ask(client, held, Question(["liver"]), task.progress, task.cancelled)

    task = task_for(work, heard)
    worker.start(task)
    quitter = quit_when(lambda: task.finished, slicer_app)
    run_holding_the_lock(slicer_app, 60_000)
    assert quitter and heard[-1][0] == "done" and heard[-1][1].rows[0]["name"] == "liver"

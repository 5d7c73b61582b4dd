"""Who is next."""

import threading
from queue import Empty

import pytest

from mrifoundation.server.fair_queue import FairQueue


def emptied(queue):
    return [queue.get() for _ in range(len(queue))]


def test_clients_take_turns_and_each_keeps_its_order():
    queue = FairQueue()
    for item in ("a1", "a2", "a3", "b1", "c1", "b2"):
        queue.put(item, item[0])
    assert emptied(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_batch_waits_for_all_interactive_work():
    queue = FairQueue()
    queue.put("ingest", "a", batch=True)
    queue.put("segment 1", "a")
    queue.put("segment 2", "b")
    assert emptied(queue) == ["segment 1", "segment 2", "ingest"]


def test_batch_has_one_turn_where_somebody_always_asks_for_something():
    now = [0.0]
    queue = FairQueue(patience=15, clock=lambda: now[0])
    given = []
    queue.put("scan", batch=True)
    for second in range(40):
        now[0] = second
        queue.put("segment")
        given.append(queue.get())
        if given[-1] == "scan":
            queue.put("scan", batch=True)
    assert [second for second, item in enumerate(given) if item == "scan"] == [15, 30]
    assert len(queue) == 3, "what was asked for meanwhile, and the next scan, still wait"


def test_the_turn_of_one_batch_is_not_the_turn_of_all():
    now = [0.0]
    queue = FairQueue(patience=15, clock=lambda: now[0])
    for item in ("scan a", "scan b"):
        queue.put(item, item, batch=True)
    for number in range(4):
        queue.put(f"segment {number}")
    given = []
    for second in (15, 16, 31):
        now[0] = second
        given.append(queue.get())
    assert given == ["scan a", "segment 0", "scan b"]


def test_lengths_are_told_by_class_and_by_client():
    queue = FairQueue()
    queue.put(1, "a", batch=True)
    queue.put(2, "a")
    queue.put(3, "b")
    assert (queue.length(batch=True), queue.length(batch=False), len(queue)) == (1, 2, 3)
    assert (queue.length_of("a"), queue.length_of("b"), queue.length_of("c")) == (2, 1, 0)


def test_it_waits_for_an_item_and_says_when_none_comes():
    queue = FairQueue()
    with pytest.raises(Empty):
        queue.get(timeout=0.01)
    threading.Timer(0.05, queue.put, ["late"]).start()
    assert queue.get(timeout=30) == "late"


def test_closed_it_gives_back_what_waited_and_nothing_more():
    queue = FairQueue()
    queue.put("one", "a")
    queue.put("two", "b", batch=True)
    assert queue.close() == ["one", "two"]
    assert queue.get() is None and len(queue) == 0

"""The local service: a FastAPI app over the same tasks as the command line.

Threads: the event loop answers requests; one worker thread does everything that touches the model, in the order in
which it was asked, and another takes its place where the memory did not suffice (`jobs.py`); reading uploads runs on
the event loop's thread pool, since it needs no model. The scan store and the jobs each guard their own state with one
lock, and neither calls the other while holding it.
"""

"""An answer of a head, as the backend gives it."""

ANSWER = {
    "head": "h",
    "title": "Dark or bright",
    "applicable": True,
    "probabilities": {"bright": 0.7, "dark": 0.3},
    "intervals": {},
    "evidence": [],
    "reason": "",
    "caution": "Trained on few scans.",
}

"""Disease heads and zero-shot sentences: calibrated probabilities with what they rest on, or the reason why there are none."""

"""The curves: the metrics over all epochs."""

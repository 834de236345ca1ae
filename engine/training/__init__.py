"""How a network is trained.

Read in this order: program, metrics, history, listeners, machine; then formulas, state and
snapshots: what is kept of a training, so that it can be put back.
"""

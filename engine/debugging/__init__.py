"""How a training is stopped, looked into and taken back.

Read in this order: changes, snapshots, branches, timeline, conditions, breakpoints, trainer. Then,
for what is shown of an operation: duplicates, dataflow, statistics, windows, inspection.
"""

"""How a network is trained.

Read in this order: operations, history, ties, machine, changes, snapshots, branches, timeline,
conditions, breakpoints, trainer. Then, for what is shown of an operation: members, duplicates,
dataflow, statistics, windows, inspection.
"""

"""How a training is stopped, looked into and taken back.

Read in this order: changes, snapshots, branches, repeating, timeline, conditions, parser,
breakpoints, trainer. Then, for what is shown of an operation: dataflow, shapes, sources,
statistics, windows, inspection.
"""

"""How a network is trained.

Read in this order: operations, history, machine, snapshots, changes, timeline, conditions,
breakpoints, trainer.
"""

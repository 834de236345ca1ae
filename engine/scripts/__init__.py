"""Any person's training script, unchanged, under a debugger.

A script runs in a process of its own, so that it finds there what it would find in plain Python,
and nothing of ours. `Script` steers it from outside. Read in this order: places, marks, loops,
rewriting, channel; then what goes on in the script's process: importing, names, metrics, findings,
hooks, forks, open_files, serving, running; then what goes on outside: states, output, past,
recurrence, supervision, script.
"""

"""How a network is trained. Read in this order: program, metrics, history, ties, machine."""

"""How a network is trained. Read in this order: program, history, ties, machine."""

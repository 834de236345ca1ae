"""How a network is trained. Read in this order: operations, history, trainer."""

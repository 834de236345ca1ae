"""The mathematics of a network. Read in this order: signals, layers, activations, losses,
optimizers, network.
"""

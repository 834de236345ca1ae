"""The mathematics of a network, as a textbook prints it.

Read in this order: layers, activations, losses, optimizers, network; then parameters, calls,
labels and mistakes, which make them fit together.
"""

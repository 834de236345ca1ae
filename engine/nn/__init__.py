"""The mathematics of a network. Read in this order: signals, products, layers, activations,
losses, optimizers, network.
"""

"""The formulas of `engine.nn`, fast: kernels that write into arrays which are allocated once.

A kernel stands for one part of a network and has the same methods. What it leaves in the part's
attributes is what the formula would leave, to the last bit: before a kernel is used for a shape
it is tried on random numbers of that shape, and where it differs the formula runs.

Read in this order: arrays, trial, relu, softmax, products, dense, arena, losses, optimizers,
accuracy, registry.
"""

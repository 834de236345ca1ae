"""The layers: how each is doing, and what is beyond the usual."""

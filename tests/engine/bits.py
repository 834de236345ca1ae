"""Numbers of any kind, layers of them, and whether two objects hold the same bits."""

import numpy as np

from engine.nn.layers import Dense

DTYPES = np.float64, np.float32

SPECIAL = 0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 5e-324, -1e-310, 1e-45, 1e-8, 1.0, 1e308


def numbers(random, shape, dtype, special=0.0):
    """Normal numbers of any magnitude, among them some that are not."""
    values = random.standard_normal(shape) * random.choice([1e-3, 1.0, 1.0, 50.0, 1e30])
    where = random.random(shape) < special
    return np.where(where, random.choice(SPECIAL, shape), values).astype(dtype)


def assert_same(one, other, path=""):
    """The same names, and to each the same bits; a NaN is a NaN."""
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape), path
        same = one.view(f"u{one.itemsize}") == other.view(f"u{one.itemsize}")
        assert (same | ((one != one) & (other != other))).all(), (path, one, other)
    elif hasattr(one, "__dict__") and not isinstance(one, type):
        assert vars(one).keys() == vars(other).keys(), path
        for name in vars(one):
            assert_same(vars(one)[name], vars(other)[name], f"{path}.{name}")
    else:
        assert type(one) is type(other), path
        assert one == other or (one != one and other != other), path


def dense(n_inputs, n_neurons, dtype, seed, special=0.0):
    random = np.random.default_rng(seed)
    layer = Dense(n_inputs, n_neurons, np.random.RandomState(0))
    layer.weights = numbers(random, layer.weights.shape, dtype, special)
    layer.biases = numbers(random, layer.biases.shape, dtype, special)
    return layer

"""When kernels are used, and what they cost."""

import tracemalloc

import numpy as np
import pytest

from engine.kernels.accuracy import AccuracyKernel
from engine.kernels.arena import Arena
from engine.kernels.registry import kernels_for
from engine.kernels.relu import ReLUKernel
from engine.nn.activations import ReLU
from engine.nn.layers import Dense
from engine.nn.losses import SoftmaxCrossEntropy
from engine.nn.network import multilayer_perceptron
from engine.nn.optimizers import GradientDescent
from tests.engine.bits import DTYPES, assert_same

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def passes(samples, n_inputs, hidden, dtype):
    """Return a network with kernels, and what trains it for an epoch."""
    random = np.random.RandomState(0)
    network = multilayer_perceptron(n_inputs, hidden, 3, random, dtype)
    loss, optimizer = SoftmaxCrossEntropy(), GradientDescent(0.1)
    found = kernels_for(network.layers, loss, optimizer, dtype)
    X, y = random.randn(samples, n_inputs).astype(dtype), random.randint(3, size=samples)
    accuracy = AccuracyKernel()

    def epoch():
        output = X
        for kernel, layer in zip(found.layers, network.layers, strict=True):
            kernel.forward(output)
            output = layer.output
        found.loss.forward(output, y)
        accuracy.count(loss.output, y)
        found.loss.backward(loss.output, y)
        dvalues = loss.dinputs
        for kernel, layer in reversed(list(zip(found.layers, network.layers, strict=True))):
            kernel.backward(dvalues)
            dvalues = getattr(layer, "dinputs", None)
        found.optimizer.update()

    return network, loss, epoch


def results(network, loss):
    parts = [*network.layers, loss]
    names = "output", "dinputs", "dweights", "dbiases", "weights", "biases"
    return {(i, n): vars(p)[n] for i, p in enumerate(parts) for n in names if n in vars(p)}


SHAPES = [
    (300, 2, (64,)),
    (1, 2, (64,)),
    (300, 1, (1,)),
    (1000, 2, (64, 64)),
    (128, 784, (128, 128)),
    (3000, 3000, (8,)),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_plain_network_is_trained_by_kernels_alone(shape, dtype):
    """A formula would bind new arrays."""
    network, loss, epoch = passes(*shape, dtype)
    epoch()
    before = results(network, loss)
    epoch()
    after = results(network, loss)
    assert before.keys() == after.keys()
    assert all(before[name] is after[name] for name in before)
    assert (0, "dinputs") not in after


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1000, 2, (64, 64)), (300, 784, (128, 128))], ids=str)
def test_an_epoch_allocates_next_to_nothing(shape, dtype):
    """A single activation would be far more than the buffers of NumPy's iterators."""
    _, _, epoch = passes(*shape, dtype)
    for _ in range(3):
        epoch()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(5):
        epoch()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < 9_000 * np.dtype(dtype).itemsize < 300 * 128 * np.dtype(dtype).itemsize / 4


def test_batches_of_many_sizes_keep_few_arrays():
    kernel = ReLUKernel(ReLU())
    kernel.forward(np.ones((1, 1000)))
    tracemalloc.start()
    for samples in range(100, 160):
        kernel.forward(np.ones((samples, 1000)))
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 9 * 4 * 160 * 1000 * 8


class WrongReLU(ReLUKernel):
    """A kernel that forgets what zero is."""

    def backward(self, dvalues):
        self.layer.dinputs = dvalues * (self.layer.inputs > 0)


def test_a_kernel_that_differs_from_its_formula_is_not_used():
    layer, copy = ReLU(), ReLU()
    kernel = WrongReLU(copy)
    inputs = np.ones((3, 2))
    for _ in range(2):
        layer.forward(inputs)
        kernel.forward(inputs)
        outputs = [layer.output, copy.output]
        assert_same(layer, copy)
    kernel.forward(inputs)
    assert copy.output is not outputs[1]


def test_trials_leave_numpys_generator_alone():
    np.random.seed(0)
    expected = np.random.random(3).tolist()
    np.random.seed(0)
    _, _, epoch = passes(37, 5, (11,), np.float64)
    np.random.seed(0)
    epoch()
    assert np.random.random(3).tolist() == expected


class Other(Dense):
    pass


class Momentum(GradientDescent):
    pass


def test_strangers_have_no_kernels_and_keep_their_arrays():
    layers = [Dense(2, 3), ReLU(), Other(3, 3), Dense(3, 2)]
    weights = layers[2].weights
    kernels = kernels_for(layers, SoftmaxCrossEntropy(), GradientDescent(), float)
    assert [k is None for k in kernels.layers] == [False, False, True, False]
    assert layers[2].weights is weights
    kernels = kernels_for(layers, Other(1, 1), GradientDescent(), float)
    assert kernels.loss is None


def test_an_optimizer_of_ones_own_finds_the_parameters_where_they_were():
    layers = [Dense(2, 3), ReLU(), Dense(3, 2)]
    weights = [layer.weights for layer in layers[::2]]
    kernels = kernels_for(layers, SoftmaxCrossEntropy(), Momentum(), float)
    assert kernels.optimizer is None
    assert all(layer.weights is w for layer, w in zip(layers[::2], weights, strict=True))


def test_layers_that_share_an_array_go_on_sharing_it():
    layers = [Dense(2, 3), Dense(3, 3), Dense(3, 3)]
    layers[2].weights = layers[1].weights
    arena = Arena(layers)
    assert [slot.layer for slot in arena.slots] == layers[:1]
    assert layers[2].weights is layers[1].weights
    assert np.shares_memory(layers[0].biases, arena.parameters)

"""Every kernel against its formula: to the bit, whatever the values and the shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.accuracy import AccuracyKernel
from engine.kernels.arena import Arena
from engine.kernels.dense import DenseKernel
from engine.kernels.losses import CrossEntropyKernel, SoftmaxCrossEntropyKernel
from engine.kernels.relu import ReLUKernel
from engine.kernels.softmax import SoftmaxKernel
from engine.nn.activations import ReLU, Softmax
from engine.nn.losses import CrossEntropyLoss, SoftmaxCrossEntropy
from tests.engine.bits import DTYPES, assert_same, dense, numbers

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

SAMPLES = st.sampled_from([1, 2, 3, 7, 8, 31, 64, 65, 150])

WIDTHS = st.sampled_from([1, 2, 3, 7, 8, 9, 16, 17, 64, 101])


def dense_kernel(layer):
    return DenseKernel(layer, Arena([layer], dtype=layer.weights.dtype).slots[0])


LAYERS = {
    "dense": (dense, dense_kernel),
    "relu": (lambda *_: ReLU(), ReLUKernel),
    "softmax": (lambda *_: Softmax(), SoftmaxKernel),
}


@pytest.mark.parametrize("kind", LAYERS)
@given(
    batches=st.lists(SAMPLES, min_size=1, max_size=4),
    widths=st.tuples(WIDTHS, WIDTHS),
    dtype=st.sampled_from(DTYPES),
    special=st.sampled_from([0.0, 0.01, 0.5]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=25, deadline=None)
def test_a_layer_has_the_same_bits_after_each_pass(kind, batches, widths, dtype, special, seed):
    make, kernel_of = LAYERS[kind]
    n_inputs, n_outputs = widths if kind == "dense" else (widths[0], widths[0])
    layer, copy = (make(n_inputs, n_outputs, dtype, seed, special) for _ in range(2))
    kernel = kernel_of(copy)
    random = np.random.default_rng(seed)
    for samples in batches:
        inputs = numbers(random, (samples, n_inputs), dtype, special)
        dvalues = numbers(random, (samples, n_outputs), dtype, special)
        layer.forward(inputs)
        kernel.forward(inputs)
        assert_same(layer, copy)
        layer.backward(dvalues)
        kernel.backward(dvalues)
        assert_same(layer, copy)


@pytest.mark.parametrize("kind", [CrossEntropyLoss, SoftmaxCrossEntropy])
@given(
    batches=st.lists(SAMPLES, min_size=1, max_size=4),
    width=WIDTHS,
    dtype=st.sampled_from(DTYPES),
    special=st.sampled_from([0.0, 0.01, 0.5]),
    form=st.sampled_from(["intp", "uint8", "float", "column", "one-hot", "list", "negative"]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=25, deadline=None)
def test_a_loss_has_the_same_bits_after_each_pass(kind, batches, width, dtype, special, form, seed):
    loss, copy = kind(), kind()
    if kind is CrossEntropyLoss:
        kernel, mean_loss = CrossEntropyKernel(copy), loss.calculate
    else:
        kernel, mean_loss = SoftmaxCrossEntropyKernel(copy), loss.forward
    random = np.random.default_rng(seed)
    for samples in batches:
        inputs = numbers(random, (samples, width), dtype, special)
        labels = labels_of(random, samples, width, form)
        assert_same(mean_loss(inputs, labels), kernel.forward(inputs, labels))
        assert_same(loss, copy)
        dvalues = getattr(loss, "output", inputs)
        loss.backward(dvalues, labels)
        kernel.backward(getattr(copy, "output", inputs), labels)
        assert_same(loss, copy)


def labels_of(random, samples, width, form):
    labels = random.integers(width, size=samples)
    return {
        "intp": labels,
        "uint8": labels.astype(np.uint8),
        "float": labels.astype(float),
        "column": labels[:, None],
        "one-hot": np.eye(width)[labels] if width > 1 else labels,
        "list": labels.tolist(),
        "negative": labels - width,  # NumPy counts these from the end
    }[form]


@pytest.mark.parametrize("labels", [[0, 3], [0, 1, 2], [0.5, 1.0], [-4, 0]])
@pytest.mark.parametrize("kernel", [CrossEntropyKernel, SoftmaxCrossEntropyKernel])
def test_a_loss_refuses_the_labels_that_its_formula_refuses(kernel, labels):
    loss = {CrossEntropyKernel: CrossEntropyLoss, SoftmaxCrossEntropyKernel: SoftmaxCrossEntropy}
    inputs = np.ones((2, 3))
    loss = loss[kernel]()
    kernel = kernel(loss)
    kernel.forward(inputs, np.array([0, 2]))
    for call in (kernel.forward, kernel.backward, loss.backward):
        with pytest.raises((ValueError, IndexError)):
            call(inputs, np.array(labels))


@given(SAMPLES, WIDTHS, st.sampled_from(DTYPES), st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_accuracy_counts_as_numpy_does(samples, width, dtype, fortran, seed):
    random = np.random.default_rng(seed)
    kernel = AccuracyKernel()
    for special in (0.0, 0.5):
        output = numbers(random, (samples, width), dtype, special)
        output = np.asfortranarray(output) if fortran else output
        labels = random.integers(width, size=samples)
        correct = np.count_nonzero(np.argmax(output, axis=1) == labels)
        assert kernel.count(output, labels) == kernel.count(output, labels) == correct

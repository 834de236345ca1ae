"""Every kernel against its formula: to the bit, whatever the values, the shapes and the hands."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.accuracy import AccuracyKernel
from engine.kernels.arena import Arena
from engine.kernels.dense import DenseKernel
from engine.kernels.losses import CrossEntropyKernel, SoftmaxCrossEntropyKernel
from engine.kernels.registry import kernels_for
from engine.kernels.relu import ReLUKernel
from engine.kernels.softmax import SoftmaxKernel
from engine.nn.activations import ReLU, Softmax
from engine.nn.layers import Dense
from engine.nn.losses import CrossEntropyLoss, SoftmaxCrossEntropy
from engine.nn.network import multilayer_perceptron
from engine.nn.optimizers import GradientDescent

DTYPES = np.float64, np.float32
SPECIAL = 0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 5e-324, -1e-310, 1e-45, 1e-8, 1.0, 1e308
SAMPLES = st.sampled_from([1, 2, 3, 7, 8, 31, 64, 65, 150])
WIDTHS = st.sampled_from([1, 2, 3, 7, 8, 9, 16, 17, 64, 101])

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


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
@settings(max_examples=60, deadline=None)
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
@settings(max_examples=60, deadline=None)
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
@settings(max_examples=60, deadline=None)
def test_accuracy_counts_as_numpy_does(samples, width, dtype, fortran, seed):
    random = np.random.default_rng(seed)
    kernel = AccuracyKernel()
    for special in (0.0, 0.5):
        output = numbers(random, (samples, width), dtype, special)
        output = np.asfortranarray(output) if fortran else output
        labels = random.integers(width, size=samples)
        correct = np.count_nonzero(np.argmax(output, axis=1) == labels)
        assert kernel.count(output, labels) == kernel.count(output, labels) == correct


# -- within a network, and with a person's hands in it -----------------------------------------


class Trail:
    """A stranger that keeps what it was given, and adds it to what it is given next."""

    def forward(self, inputs):
        before = getattr(self, "before", inputs)
        self.output = inputs + 0.5 * (before if before.shape == inputs.shape else inputs)
        self.before = inputs

    def backward(self, dvalues):
        before = getattr(self, "dbefore", dvalues)
        self.dinputs = dvalues - 0.5 * (before if before.shape == dvalues.shape else dvalues)
        self.dbefore = dvalues


class Scale:
    """A stranger with a parameter."""

    def __init__(self, dtype):
        self.factor = np.ones(4, dtype)

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs * self.factor

    def backward(self, dvalues):
        self.dfactor = (dvalues * self.inputs).sum(axis=0)
        self.dinputs = dvalues * self.factor


class Training:
    """A network, either with its formulas alone or with kernels."""

    def __init__(self, with_kernels, dtype, strangers, loss, shared, seed):
        random = np.random.RandomState(seed)
        d = [Dense(*sizes, random) for sizes in [(3, 16), (16, 4), (4, 4), (4, 3)]]
        for layer in d:
            layer.weights, layer.biases = (
                np.array(100 * a, dtype) for a in (layer.weights, layer.biases)
            )
        if shared:
            d[2].biases = d[1].biases
        between = [Trail(), Trail()] if "trail" in strangers else []
        scale = [Scale(dtype)] if "scale" in strangers else []
        last = [Softmax()] if loss is CrossEntropyLoss else []
        self.layers = [
            d[0],
            ReLU(),
            *between[:1],
            d[1],
            *scale,
            ReLU(),
            d[2],
            *between[1:],
            d[3],
            *last,
        ]
        self.dense, self.loss, self.optimizer = d, loss(), GradientDescent(0.1)
        self.layer_calls, self.loss_call = self.layers, self.loss
        self.forget = lambda: None
        self.update = self.update_by_formula
        self.mean_loss = getattr(self.loss, "calculate", self.loss.forward)
        if with_kernels:
            kernels = kernels_for(self.layers, self.loss, self.optimizer, dtype)
            pairs = zip(kernels.layers, self.layers, strict=True)
            self.layer_calls = [kernel or layer for kernel, layer in pairs]
            self.loss_call, self.mean_loss = kernels.loss, kernels.loss.forward
            self.update = kernels.optimizer.update
            self.forget = kernels.forget

    def update_by_formula(self):
        for layer in self.layers:
            self.optimizer.update_parameters(layer)

    def operations(self, X, y):
        """Yield after each operation the parts that are then as the formulas leave them.

        Others may already have got new inputs, in the same array as before.
        """
        output = X
        for layer, call in zip(self.layers, self.layer_calls, strict=True):
            call.forward(output)
            output = layer.output
            yield [layer]
        self.value = self.mean_loss(output, y)
        yield [self.loss, self.value]
        self.loss_call.backward(getattr(self.loss, "output", output), y)
        yield [self.loss]
        dvalues = self.loss.dinputs
        for layer, call in list(zip(self.layers, self.layer_calls, strict=True))[::-1]:
            call.backward(dvalues)
            if layer is self.layers[0]:
                vars(layer).pop("dinputs", None)  # computed by the formula alone
            else:
                dvalues = layer.dinputs
            yield [layer]
        self.update()
        yield [*self.layers, self.loss]


def rows(layer):
    return len(layer.output) if hasattr(layer, "output") else 2


def backward_alone(layer):
    """Its inputs may be those of the next pass already, if they are not given anew."""
    layer.forward(np.ones((rows(layer), len(layer.weights))))
    layer.backward(2 * layer.output)


HANDS = {
    "rebind weights": lambda t, layer: setattr(layer, "weights", layer.weights * 2),
    "rebind biases": lambda t, layer: setattr(layer, "biases", layer.biases + 1),
    "edit weights": lambda t, layer: np.multiply(layer.weights, 1.5, layer.weights),
    "reorder weights": lambda t, layer: setattr(layer, "weights", np.asfortranarray(layer.weights)),
    "cast weights": lambda t, layer: setattr(layer, "weights", layer.weights.astype(np.float32)),
    "reshape biases": lambda t, layer: setattr(layer, "biases", layer.biases.ravel()),
    "share biases": lambda t, layer: setattr(t.dense[2], "biases", t.dense[1].biases),
    "clip gradient": lambda t, layer: setattr(
        layer, "dweights", np.clip(getattr(layer, "dweights", 0 * layer.weights), -0.01, 0.01)
    ),
    "forward": lambda t, layer: layer.forward(np.ones((rows(layer), len(layer.weights)))),
    "same forward": lambda t, layer: hasattr(layer, "inputs") and layer.forward(layer.inputs),
    "backward": lambda t, layer: backward_alone(layer),
    "relu forward": lambda t, layer: t.layers[1].forward(np.ones((rows(t.dense[0]), 16))),
    "loss": lambda t, layer: t.mean_loss(np.ones((2, 3)), np.array([0, 1])),
    "rate": lambda t, layer: setattr(t.optimizer, "learning_rate", 0.3),
    "NumPy's rate": lambda t, layer: setattr(t.optimizer, "learning_rate", np.float64(0.2)),
    "activation": lambda t, layer: setattr(t.loss, "activation", Softmax()),
}


@given(
    sizes=st.lists(st.sampled_from([1, 5, 70]), min_size=1, max_size=3),
    dtype=st.sampled_from(DTYPES),
    strangers=st.sets(st.sampled_from(["trail", "scale"])),
    loss=st.sampled_from([SoftmaxCrossEntropy, CrossEntropyLoss]),
    shared=st.booleans(),
    layout=st.sampled_from(["plain", "new", "fortran", "strided", "other dtype", "read-only"]),
    hands=st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(sorted(HANDS)), st.integers(0, 3)),
        max_size=4,
    ),
    seed=st.integers(0, 1000),
)
@settings(max_examples=300, deadline=None)
def test_a_training_has_the_same_bits_whatever_a_person_does(
    sizes, dtype, strangers, loss, shared, layout, hands, seed
):
    trainings = [Training(k, dtype, strangers, loss, shared, seed) for k in (False, True)]
    random = np.random.default_rng(seed)
    batches = [
        (in_layout(numbers(random, (n, 3), dtype), layout), random.integers(3, size=n))
        for n in sizes
    ]
    step = 0
    for X, y in batches * 3:
        X = X.copy() if layout == "new" else X
        for done in zip(*(steps(t, X, y) for t in trainings), strict=True):
            for one, other in zip(*done, strict=True):
                assert_same(one, other, repr(one))
            if isinstance(done[0][0], type):
                return
            for _, hand, number in (h for h in hands if h[0] == step):
                for training in trainings:
                    HANDS[hand](training, training.dense[number])
            step += 1


def steps(training, X, y):
    """Yield after each operation; at the end, the error that a person's hands have led to."""
    try:
        yield from training.operations(X, y)
    except (ValueError, TypeError, IndexError) as error:
        yield [type(error)]


def in_layout(X, layout):
    if layout == "fortran":
        return np.asfortranarray(X)
    if layout == "strided":
        return np.repeat(X, 2, axis=0)[::2]
    if layout == "other dtype":
        return X.astype(np.float16)
    X.flags.writeable = layout != "read-only"
    return X


def test_inputs_that_are_edited_between_two_passes_are_seen():
    """The product that adds the biases reads a copy."""
    one, other = (dense(2, 64, float, 0) for _ in range(2))
    kernels = kernels_for([other, ReLU()], SoftmaxCrossEntropy(), GradientDescent(), float)
    kernel = kernels.layers[0]
    kernel.needs_dinputs = True
    random = np.random.default_rng(0)
    inputs, dvalues = random.standard_normal((300, 2)), random.standard_normal((300, 64))
    for _ in range(2):
        one.forward(inputs)
        kernel.forward(inputs)
        inputs[7] = 100
        kernels.forget()
        one.backward(dvalues)
        kernel.backward(dvalues)
        assert_same(one, other)


def test_labels_that_are_edited_in_place_are_seen():
    loss, copy = SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    kernels = kernels_for([Dense(2, 3)], copy, GradientDescent(), float)
    inputs, labels = np.random.default_rng(0).standard_normal((5, 3)), np.zeros(5, int)
    for label in range(3):
        labels[:2] = label
        kernels.forget()
        assert loss.forward(inputs, labels) == kernels.loss.forward(inputs, labels)


# -- when kernels are used, and what they cost -------------------------------------------------


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

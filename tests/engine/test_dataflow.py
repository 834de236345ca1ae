"""What operations read and write is what they really read and write."""

import threading

import numpy as np
import pytest

from engine import (
    CrossEntropyLoss,
    Dataset,
    Dense,
    GradientDescent,
    Layer,
    Network,
    Optimizer,
    ReLU,
    Softmax,
    SoftmaxCrossEntropy,
    Trainer,
)
from engine.debugging.dataflow import find_dataflow
from engine.training.members import gradient_of, is_parameter, members, value_of


class Dropout(Layer):
    """Someone's own layer: it draws, and keeps what it has drawn."""

    def __init__(self):
        super().__init__()
        self.random = np.random.default_rng(3)
        self.share = 0.5

    def attach(self, inputs, output):
        super().attach(inputs, output)
        self.mask = np.ones(inputs.values.shape)

    def compute_output(self):
        """Output = inputs · mask. The mask is drawn anew."""
        self.mask[:] = self.random.random(self.mask.shape) > self.share
        np.multiply(self.inputs, self.mask, out=self.output)

    def compute_gradients(self):
        if self.dinputs is not None:
            np.multiply(self.doutput, self.mask, out=self.dinputs)


class Momentum(Optimizer):
    """Someone's own optimizer: it keeps a velocity."""

    def __init__(self):
        self.learning_rate, self.decay = 0.1, 0.9
        self.velocity = np.zeros(0)

    def update_parameters(self, target):
        if self.velocity.shape != target.parameters.shape:
            self.velocity = np.zeros_like(target.parameters)
        self.velocity *= self.decay
        self.velocity -= self.learning_rate * target.gradients
        target.parameters += self.velocity


class Locked(Layer):
    """Someone's own layer that cannot be copied."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def compute_output(self):
        np.copyto(self.output, self.inputs)

    def compute_gradients(self):
        np.copyto(self.dinputs, self.doutput)


def dense(n_inputs, n_neurons):
    layer = Dense(n_inputs, n_neurons, np.random.RandomState(n_neurons))
    layer.weights *= 50
    return layer


def build(layers=None, loss=None, optimizer=None, **options):
    random = np.random.RandomState(0)
    X, y = random.standard_normal((24, 2)), random.randint(3, size=24)
    layers = layers or [dense(2, 6), ReLU(), dense(6, 3)]
    trainer = Trainer(
        Network(layers),
        loss or SoftmaxCrossEntropy(),
        optimizer or GradientDescent(0.5),
        Dataset(X, y, name="some"),
        epochs=100,
        **options,
    )
    trainer.run(3)
    return trainer


def flows_of(trainer):
    return find_dataflow(trainer.network, trainer.loss, trainer.optimizer)


NETWORKS = {
    "plain": lambda: build(),
    "deep": lambda: build([dense(2, 4), ReLU(), dense(4, 5), ReLU(), dense(5, 3)]),
    "begins with an activation": lambda: build([ReLU(), dense(2, 3)]),
    "apart": lambda: build([dense(2, 6), ReLU(), dense(6, 3), Softmax()], CrossEntropyLoss()),
    "own layer": lambda: build([dense(2, 6), Dropout(), dense(6, 3)]),
    "own optimizer": lambda: build(optimizer=Momentum()),
    "batches": lambda: build(batch_size=7),
}


def test_those_of_the_notebook():
    trainer = build()
    told = {
        operation.name: (" ".join(flow.reads), " ".join(flow.writes))
        for operation, flow in zip(trainer.program, flows_of(trainer), strict=True)
    }
    assert told["dense_1.forward"] == (
        "dense_1.inputs dense_1.weights dense_1.biases",
        "dense_1.output",
    )
    assert told["relu_1.forward"] == ("relu_1.inputs", "relu_1.output")
    assert told["loss.forward"] == (
        "loss.inputs loss.y_true",
        "loss.output loss.value loss.correct loss.sample_losses loss.predictions",
    )
    assert told["loss.backward"] == ("loss.output loss.targets", "loss.dinputs")
    assert told["dense_2.backward"] == (
        "dense_2.inputs dense_2.doutput dense_2.weights",
        "dense_2.dinputs dense_2.dweights dense_2.dbiases",
    )
    assert told["dense_1.backward"] == (
        "dense_1.inputs dense_1.doutput",
        "dense_1.dweights dense_1.dbiases",
    )
    reads, writes = told["optimizer.update"]
    assert "optimizer.learning_rate network.parameters network.gradients" in reads
    assert "dense_1.weights dense_1.biases dense_2.weights dense_2.biases" in writes


def run(trainer, k):
    """Run one operation; return what all its arrays then are, and those that it changed."""
    operation = trainer.program[k]
    places = members(operation)
    before = {name: value_of(place).tobytes() for name, place in places.items()}
    operation.run()
    after = {name: value_of(place).tobytes() for name, place in places.items()}
    return after, {name for name in after if after[name] != before[name]}


def disturb(place):
    """Put other values of the same kind in the place of an array's."""
    value = value_of(place)
    random = np.random.RandomState(7)
    if value.dtype.kind == "f" and value.ndim:
        value *= random.uniform(0.6, 1.4, value.shape) * random.choice([-1, 1], value.shape)
        value += 0.01 * random.uniform(0, 1, value.shape)
    elif value.dtype.kind == "b":
        np.logical_not(value, out=value)
    elif value.ndim:
        value[...] = np.roll(value, 5)
    elif value.dtype.kind == "f":
        setattr(*place, float(value) + 0.25)


@pytest.mark.parametrize("name", NETWORKS)
def test_exactly_what_is_declared_changes_and_only_reads_matter(name):
    flows = flows_of(NETWORKS[name]())
    for k, flow in enumerate(flows):
        trainer = NETWORKS[name]()
        for operation in trainer.program[:k]:
            operation.run()
        plain, changed = run(trainer, k)
        assert changed <= set(flow.writes)
        for array in plain:
            trainer = NETWORKS[name]()
            for operation in trainer.program[:k]:
                operation.run()
            place = members(trainer.program[k])[array]
            disturb(place)
            if array.endswith(".inputs") and hasattr(place[0], "_inputs_and_one"):
                place[0]._inputs_and_one[:, :-1] = place[0].inputs  # kept by the forward pass
            disturbed = value_of(place).tobytes()
            result, _ = run(trainer, k)
            same = all(result[written] == plain[written] for written in flow.writes)
            if array not in flow.reads:
                assert same, (flow, array)
            elif value_of(place).dtype.kind == "f":
                assert not same, (flow, array)
            if array not in flow.writes:
                assert result[array] == disturbed


@pytest.mark.parametrize("name", NETWORKS)
def test_trying_it_out_leaves_no_trace(name):
    tried, alone = NETWORKS[name](), NETWORKS[name]()
    np.random.seed(5)
    flows_of(tried)
    assert np.random.rand() == np.random.RandomState(5).rand()
    for trainer in (tried, alone):
        trainer.run(20)
    assert tried.network.parameters.tobytes() == alone.network.parameters.tobytes()
    assert tried.loss.value == alone.loss.value


def test_own_layers_and_optimizers_are_understood():
    trainer = NETWORKS["own layer"]()
    flows = dict(zip(map(str, trainer.program), flows_of(trainer), strict=True))
    drops = flows["dropout_1.forward"]
    assert drops.reads == ("dropout_1.inputs", "dropout_1.share")
    assert drops.writes == ("dropout_1.output", "dropout_1.mask")
    assert flows["dropout_1.backward"].reads == ("dropout_1.doutput", "dropout_1.mask")
    (*_, update) = flows_of(NETWORKS["own optimizer"]())
    assert {"optimizer.velocity", "optimizer.decay"} <= set(update.reads)
    assert "optimizer.velocity" in update.writes


def test_what_cannot_be_tried_out_is_taken_by_its_names():
    flows = flows_of(build([dense(2, 6), Locked(), dense(6, 3)]))
    assert flows[0].writes == ("dense_1.output",)
    assert "dense_1.weights" in flows[0].reads
    assert flows[1].writes == ("locked_1.output",)
    assert "dense_1.weights" in flows[-1].writes
    assert "dense_1.dweights" in flows[-1].reads


def test_parameters_know_their_gradients():
    trainer = build()
    places = members(trainer.program[0])
    assert is_parameter(places["dense_1.weights"])
    assert not is_parameter(places["dense_1.dweights"])
    assert gradient_of(places["dense_1.biases"])[1] == "dbiases"
    assert gradient_of(places["dense_1.output"]) is None
    flat = members(trainer.program[-1])["network.parameters"]
    assert gradient_of(flat)[1] == "gradients"


def test_formula_and_source_are_the_methods_own():
    program = build().program
    assert program[1].formula == "output = max(0, inputs)"
    assert program[1].source.startswith("def compute_output(self)")
    assert program[-1].formula == "parameters += −learning_rate · gradients"
    names = {"Layer": Layer}
    methods = "\n".join(f" def compute_{name}(self): pass" for name in ("output", "gradients"))
    exec(compile(f"class Odd(Layer):\n{methods}", "nowhere", "exec"), names)
    odd = build([dense(2, 3), names["Odd"]()]).program[1]
    assert odd.source == "# its source is not available"
    assert odd.formula == "write `output` from `inputs`"

"""What operations read and write, by their formulas."""

import sys
from itertools import product

import numpy as np
import pytest

from engine import (
    CrossEntropyLoss,
    Dataset,
    Dense,
    GradientDescent,
    Network,
    ReLU,
    Softmax,
    Trainer,
)
from engine.debugging.dataflow import dataflow, gradient_of, value_of
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service.session import Session
from engine.training.program import Place
from tests.book import adam, momentum
from tests.engine.test_strangers import attributes
from tests.strangers import CALLBACKS, STRANGERS, build
from tests.thin import thinned


def flows_of(trainer):
    return {str(o): dataflow(trainer, o) for o in trainer.program}


def names(flow):
    return " ".join(flow.reads), " ".join(flow.writes)


def test_those_of_the_notebook():
    flows = {name: names(flow) for name, flow in flows_of(build_trainer(Description())).items()}
    assert flows == {
        "dense_1.forward": (
            "dense_1.inputs dense_1.weights dense_1.biases",
            "dense_1.output",
        ),
        "relu_1.forward": ("relu_1.inputs", "relu_1.output"),
        "dense_2.forward": (
            "dense_2.inputs dense_2.weights dense_2.biases",
            "dense_2.output",
        ),
        "loss.forward": (
            "loss.inputs loss.y_true",
            "loss.output loss.activation.output loss.value",
        ),
        "loss.backward": ("loss.dvalues loss.y_true", "loss.dinputs"),
        "dense_2.backward": (
            "dense_2.dvalues dense_2.inputs dense_2.weights",
            "dense_2.dweights dense_2.dbiases dense_2.dinputs",
        ),
        "relu_1.backward": ("relu_1.dvalues relu_1.inputs", "relu_1.dinputs"),
        "dense_1.backward": (
            "dense_1.dvalues dense_1.inputs dense_1.weights",
            "dense_1.dweights dense_1.dbiases",
        ),
        "optimizer.update": (
            "dense_1.weights dense_1.dweights dense_1.biases dense_1.dbiases"
            " dense_2.weights dense_2.dweights dense_2.biases dense_2.dbiases"
            " optimizer.learning_rate",
            "dense_1.weights dense_1.biases dense_2.weights dense_2.biases",
        ),
    }


def changed_by(trainer):
    """Run one operation; return the attributes of all parts that hold something else then."""
    parts = [*trainer.network.layers, trainer.loss, trainer.optimizer]

    def values():
        return {
            (type(part).__name__, id(part), key): np.asarray(value).tobytes()
            for part in parts
            for key, value in attributes(part)
            if isinstance(value, np.ndarray | float | int) and key not in ("inputs", "x", "_kept")
        }

    before = values()
    trainer.step_operation()
    return {name for name, value in values().items() if before.get(name) != value}


@pytest.mark.parametrize(("name", "batch_size"), thinned(product(STRANGERS, [None, 7]), 3))
def test_what_changes_is_among_what_is_written(name, batch_size):
    trainer = build(name, batch_size=batch_size)
    trainer.run(2)
    flows = flows_of(trainer)
    for operation in trainer.program:
        places = flows[str(operation)].writes.values()
        written = {(id(place.owner), name) for place in places for name in place.names}
        for kind, part, key in changed_by(trainer):
            not_needed = key == "dinputs" and part == id(trainer.network.layers[0])
            by_callback = name in CALLBACKS and key in ("learning_rate", "weights")
            assert (part, key) in written or by_callback or not_needed, (operation, kind, key)


def test_the_momentum_of_the_book_is_seen_on_the_layers():
    layers, loss, optimizer = momentum.build()
    data = Dataset(np.arange(8.0).reshape(4, 2), [0, 1, 2, 1])
    *_, update = flows_of(Trainer(Network(layers), loss, optimizer, data)).values()
    assert {"dense_1.weight_momentums", "optimizer.momentum", "dense_2.dbiases"} <= set(
        update.reads
    )
    assert {"dense_1.weight_momentums", "optimizer.iterations"} <= set(update.writes)
    layers, loss, optimizer = adam.build()
    *_, update = flows_of(Trainer(Network(layers), loss, optimizer, data)).values()
    assert "dense_2.bias_cache" in update.writes


def test_softmax_and_cross_entropy_apart():
    data = Dataset(np.arange(8.0).reshape(4, 2), [0, 1, 2, 1])
    layers = [Dense(2, 6), ReLU(), Dense(6, 3), Softmax()]
    trainer = Trainer(Network(layers), CrossEntropyLoss(), GradientDescent(0.1), data)
    trainer.run(2)
    flows = flows_of(trainer)
    assert names(flows["softmax_1.forward"]) == ("softmax_1.inputs", "softmax_1.output")
    assert names(flows["loss.forward"]) == ("loss.y_pred loss.y_true", "loss.value")
    assert value_of(flows["loss.forward"].reads["loss.y_pred"]) is trainer.network.layers[-1].output


def test_the_gradient_of_a_parameter_is_found_once_it_is_computed():
    trainer = build_trainer(Description())
    weights = Place(trainer.network.layers[0], ("weights",))
    assert gradient_of(weights) is None
    trainer.run(1)
    assert gradient_of(weights).names == ("dweights",)
    assert gradient_of(Place(trainer.network.layers[0], ("output",))) is None


@pytest.mark.parametrize("hidden", [(64,), (3000, 3000)])
def test_the_program_is_known_without_running_anything(hidden):
    description = Description(hidden=hidden, paused=True)
    session = Session(build_trainer(description), description)
    ran = []
    sys.setprofile(lambda frame, event, _: ran.append(frame.f_code.co_name))
    try:
        program = session.inspector.program
    finally:
        sys.setprofile(None)
    assert len(program) == len(session.trainer.program)
    assert not {"forward", "backward", "update_parameters", "update"} & set(ran)

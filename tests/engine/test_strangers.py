"""Going back over networks with people's own parts, against the straight way by formulas alone."""

import itertools
import os
import random
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine import EpochCompleted, EpochMeasured, Position
from engine.debugging.dataflow import dataflow, value_of
from engine.training.machine import NotRepeatedError
from engine.training.snapshots import Saver
from engine.training.state import StateError
from tests.strangers import STRANGERS, build, with_layer
from tests.thin import thinned

EPOCHS = 8
OPTIONS = [(batch_size, dtype) for batch_size in (None, 7) for dtype in ("float64", "float32")]


def seen(trainer):
    """All that there is to see at a place: arrays, numbers, what is measured.

    But for ``inputs``, which a kernel of the layer before may be writing anew, and the first
    layer's ``dinputs``, which it need not compute.
    """
    parts = [*trainer.network.layers, trainer.loss]
    arrays = {
        (k, name): value.tobytes()
        for k, part in enumerate(parts)
        for name, value in attributes(part)
        if isinstance(value, np.ndarray) and name != "inputs" and (k, name) != (0, "dinputs")
    }
    return arrays, repr(trainer.rows.value), trainer.measured, trainer.learning_rate


def attributes(part):
    names = vars(part) if hasattr(part, "__dict__") else part.__slots__
    return [(name, getattr(part, name)) for name in names if hasattr(part, name)]


def straight(name, batch_size, dtype):
    """What is seen at each place, on a way without kernels and without going back."""
    trainer, places = build(name, dtype, kernels=False, batch_size=batch_size), {}
    while trainer.epoch < EPOCHS:
        places[trainer.position] = seen(trainer)
        trainer.step_operation()
    return places


class Walk(RuleBasedStateMachine):
    """Goes to and fro over a network; at each place all is as on the straight way."""

    @initialize(
        name=st.sampled_from(sorted(STRANGERS)),
        options=st.sampled_from(OPTIONS),
        memory=st.sampled_from([0, 20_000, 10**8]),
    )
    def begin(self, name, options, memory):
        batch_size, dtype = options
        self.places = straight(name, batch_size, dtype)
        self.order = sorted(self.places)
        self.trainer = build(name, dtype, batch_size=batch_size)
        self.trainer.timeline.memory = memory

    @rule(operations=st.integers(1, 9))
    def step(self, operations):
        for _ in range(operations):
            if self.trainer.position < self.order[-1]:
                self.trainer.timeline.due = 0.0
                self.trainer.step_operation()

    @rule(epochs=st.integers(1, 3))
    def run(self, epochs):
        self.trainer.timeline.due = 0.0
        self.trainer.run(min(self.trainer.epoch + epochs, EPOCHS - 1))

    @rule(share=st.floats(0, 1))
    def go_back(self, share):
        reached = [p for p in self.order if p <= self.trainer.timeline.reached]
        self.trainer.go_to(Position(*reached[int(share * (len(reached) - 1))]))

    @invariant()
    def all_is_as_on_the_straight_way(self):
        if hasattr(self, "trainer"):
            arrays, *numbers = seen(self.trainer)
            expected, *others = self.places[self.trainer.position]
            assert numbers == others
            assert arrays.keys() == expected.keys()
            for key, value in expected.items():
                assert arrays[key] == value, key


TestWalk = Walk.TestCase
TestWalk.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("name", "options"), thinned(product(STRANGERS, OPTIONS), 3), ids=str)
def test_every_network_goes_back_and_on_again(name, options):
    batch_size, dtype = options
    places = straight(name, batch_size, dtype)
    order = sorted(places)
    trainer = build(name, dtype, batch_size=batch_size)
    trainer.run(EPOCHS - 1)
    for position in (order[len(order) // 2], order[3], order[-9], order[0], order[-5]):
        if position <= trainer.timeline.reached:
            trainer.go_to(Position(*position))
            arrays, *numbers = seen(trainer)
            expected, *others = places[position]
            assert numbers == others
            for key, value in expected.items():
                assert arrays[key] == value, (position, key)


class Clock:
    """Draws from the system, which no one can put back."""

    def forward(self, inputs):
        self.noise = np.frombuffer(os.urandom(inputs.size), np.uint8).reshape(inputs.shape)
        self.output = inputs + self.noise / 1000

    def backward(self, dvalues):
        self.dinputs = dvalues


class Counting:
    """Counts in a generator that is running, which cannot be copied."""

    def __init__(self):
        self.counter = (n for n in itertools.count())

    def forward(self, inputs):
        self.output = inputs * (1 + next(self.counter) / 100)

    def backward(self, dvalues):
        self.dinputs = dvalues


@pytest.mark.parametrize(
    ("layer", "names"), [(Clock, "clock_1.noise"), (Counting, "counting_1.output")]
)
@pytest.mark.parametrize("batch_size", [None, 7])
def test_what_cannot_be_put_back_stops_with_its_name_and_does_not_pass_as_the_same(
    layer, names, batch_size, monkeypatch
):
    monkeypatch.setitem(STRANGERS, "hidden", with_layer(layer))
    trainer = build("hidden", batch_size=batch_size)
    trainer.run(20)
    with pytest.raises(NotRepeatedError, match="is not the same again") as caught:
        trainer.go_to(Position(10, 0, 0))
    layer_name = names.partition(".")[0]
    assert f"{layer_name}.forward computes another {names} from the same state" in str(caught.value)
    assert "\n" not in str(caught.value)
    trainer.go_to(Position(10, 0, 0))  # it is said once, and the training is still of use
    trainer.run()
    assert trainer.done


def test_what_cannot_be_stored_is_named():
    trainer = build("Containers")
    trainer.run(4)
    with pytest.raises(StateError, match=r"containers_1\._numbers is an iterator"):
        Saver(trainer).take().state.to_bytes()


@pytest.mark.parametrize("name", thinned([name for name in STRANGERS if name != "Containers"], 2))
def test_a_state_goes_on_from_its_bytes_in_another_trainer(name):
    trainer = build(name, batch_size=7)
    trainer.run(4)
    data = Saver(trainer).take().state.to_bytes()
    trainer.run(9)
    end = trainer.measured, trainer.network.parameters
    other = build(name, batch_size=7)
    saver = Saver(other)
    saver.restore(saver.load(data))
    assert other.position == (4, 0, 0)
    other.run(9)
    assert other.measured == end[0]
    np.testing.assert_array_equal(other.network.parameters, end[1])


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("PReLU", ["prelu_1.alpha"]),
        ("Transposed", ["transposed_1.W", "transposed_1.b"]),
        ("Scale", ["scale_1.scale"]),
        ("Whole", ["whole_1.scale"]),
        ("LateScale", ["latescale_1.scale"]),
        ("Affine", ["affine_1.W", "affine_1.b"]),
        ("InDictionary", ["indictionary_1.of[first].W", "indictionary_1.of[second].b"]),
        ("Lazy", ["lazy_1.weights"]),
        ("Slots", ["slots_1.weights"]),
        (
            "Residual",
            [f"residual_1.layers[{k}].{n}" for k in (0, 2) for n in ("weights", "biases")],
        ),
        ("Property", ["property_1.weights"]),
    ],
)
@pytest.mark.parametrize("kernels", [True, False])
def test_the_parameters_of_any_layer_are_trained(name, parameters, kernels):
    trainer = build(name, kernels=kernels)
    trainer.run(1)
    before = {n: np.copy(value_of(p)) for n, p in flow(trainer).writes.items()}
    assert set(parameters) <= before.keys()
    trainer.run(2)
    for parameter in parameters:
        assert (value_of(flow(trainer).writes[parameter]) != before[parameter]).any()
    index = ", ".join("0" * before[parameters[0]].ndim)
    trainer.change(f"{parameters[0]}[{index}]" if index else parameters[0], 0.125)
    assert np.ravel(value_of(flow(trainer).writes[parameters[0]]))[0] == 0.125


def test_what_a_layer_computes_is_no_parameter():
    trainer = build("Affine")
    trainer.run(2)
    assert trainer.network.parameters.size == (2 + 1) * 8 + (8 + 1) * 8 + (8 + 1) * 2


@pytest.mark.parametrize("name", thinned(sorted({*STRANGERS} - {"ModuleDropout", "Containers"}), 2))
def test_a_prediction_anywhere_changes_nothing(name):
    """But for what a layer keeps in its module and in its class, which is not copied."""
    asked = build(name, batch_size=7)
    for _ in range(2 * asked.batches * len(asked.program)):
        asked.step_operation()
        numpy, python = np.random.get_state()[1:3], random.getstate()
        asked.network.predict(np.full((3, 2), 0.5))
        assert np.array_equal(np.random.get_state()[1], numpy[0])
        assert (np.random.get_state()[2], random.getstate()) == (numpy[1], python)
    after = asked.network.parameters
    plain = build(name, batch_size=7)
    for _ in range(2 * plain.batches * len(plain.program)):
        plain.step_operation()
    assert np.array_equal(after, plain.network.parameters)


def changing(event, target, batch_size, kernels):
    trainer = build("plateau", kernels=kernels, batch_size=batch_size)
    trainer.subscribe(event, lambda e: trainer.change(target, 0.1 * (1 + e.epoch)))
    return trainer


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("target", ["learning_rate", "dense_1.weights[0, 0]", "data.X[0, 0]"])
@pytest.mark.parametrize("event", [EpochMeasured, EpochCompleted])
def test_a_change_by_a_callback_is_made_again_and_begins_no_branch(event, target, batch_size):
    ends = []
    for kernels in (True, False):
        straight, back = (changing(event, target, batch_size, kernels) for _ in range(2))
        straight.run(9)
        back.run(5)
        back.go_to(Position(2, 0, 0))
        back.go_to(Position(5, 0, 0))
        back.go_to(Position(3, 0, 2))
        back.run(9)
        assert [b.name for b in back.timeline.branches] == ["main"]
        assert back.timeline.branch.changes == straight.timeline.branch.changes
        assert np.array_equal(back.network.parameters, straight.network.parameters)
        ends.append(back.network.parameters)
    assert np.array_equal(*ends)


@pytest.mark.parametrize(
    "move",
    [
        lambda trainer: trainer.run(9),
        lambda trainer: trainer.step_operation(),
        lambda trainer: trainer.go_to(Position(0, 0, 0)),
        lambda trainer: trainer.restart(),
    ],
)
@pytest.mark.parametrize("how", ["callback", "metric"])
def test_what_is_a_part_of_the_training_cannot_move_it(move, how):
    trainer = build("PReLU")
    if how == "metric":
        trainer.metric("moves", move)
    else:
        trainer.subscribe(EpochMeasured, lambda event: move(trainer))
    with pytest.raises(RuntimeError, match="a callback or a metric cannot run the training"):
        trainer.run(3)
    assert trainer.epoch == 0


def by_hand(trainer):
    """Pass other rows through the network and the loss, and back."""
    output = trainer.network.forward(np.random.default_rng(1).normal(size=(5, 2)))
    trainer.loss.forward(output, np.array([0, 1, 0, 1, 1]))
    if trainer.operation > len(trainer.network.layers):
        predicted = getattr(trainer.loss, "output", output)
        trainer.loss.backward(predicted, np.array([0, 1, 0, 1, 1]))
        trainer.network.backward(trainer.loss.dinputs)


CALLED_BY_HAND = ("PReLU", "Whole", "Property", "Squares", "MomentumOnLayers", "Rebinding")


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize("name", thinned([*CALLED_BY_HAND, "schedule"], 2))
@pytest.mark.parametrize("batch_size", [None, 7])
def test_layers_called_by_hand_anywhere_make_no_difference(name, batch_size, kernels):
    plain, called = (build(name, kernels=kernels, batch_size=batch_size) for _ in range(2))
    plain.run(3)
    for _ in range(3 * called.batches * len(called.program)):
        called.step_operation()
        by_hand(called)
    assert np.array_equal(called.network.parameters, plain.network.parameters)
    assert called.measured == plain.measured
    called.go_to(Position(1, 0, 5))
    by_hand(called)
    called.run(3)
    assert np.array_equal(called.network.parameters, plain.network.parameters)


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize(
    "name", thinned([*CALLED_BY_HAND, "Transposed", "Affine", "InDictionary"], 2)
)
def test_layers_called_in_a_callback_make_no_difference(name, kernels):
    plain, called = (build(name, kernels=kernels) for _ in range(2))
    outputs = []
    called.subscribe(EpochMeasured, lambda event: by_hand_forward(called, outputs))
    called.metric("outside", lambda trainer: by_hand_forward(trainer, outputs))
    plain.run(5)
    called.run(5)
    assert len(outputs) == 10
    assert np.array_equal(called.network.parameters, plain.network.parameters)


def by_hand_forward(trainer, outputs):
    outputs.append(trainer.network.forward(np.full((3, 2), 0.5)))
    return outputs[-1].mean()


def test_what_is_assigned_by_hand_is_left():
    trainer = build("PReLU")
    while trainer.program[trainer.operation].name != "optimizer.update":
        trainer.step_operation()
    before = trainer.network.parameters
    trainer.network.layers[0].dweights = np.zeros((2, 8))
    trainer.step_operation()
    assert np.array_equal(trainer.network.parameters[:16], before[:16])
    assert not np.array_equal(trainer.network.parameters, before)


def flow(trainer):
    return dataflow(trainer, trainer.program[-1])

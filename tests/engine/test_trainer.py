"""The trainer: positions, events, batches, restart."""

import math
import time

import numpy as np
import pytest

from engine import (
    DataError,
    Dataset,
    Dense,
    GradientDescent,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    Trainer,
)
from engine.protocol import events
from engine.runs.build import build_trainer
from engine.runs.description import Description


def build(**options):
    return build_trainer(Description(**{"samples": 20, "hidden": (8,), "epochs": 50, **options}))


def watch(trainer):
    told = []
    for kind in events.Event.__subclasses__():
        trainer.observe(kind, told.append)
    return told


def test_an_epoch_is_a_program():
    names = [str(operation) for operation in build(hidden=(8, 4)).program]
    assert names == [
        *("dense_1.forward", "relu_1.forward", "dense_2.forward", "relu_2.forward"),
        *("dense_3.forward", "loss.forward", "loss.backward", "dense_3.backward"),
        *("relu_2.backward", "dense_2.backward", "relu_1.backward", "dense_1.backward"),
        "optimizer.update",
    ]


@pytest.mark.parametrize("batch_size", [None, 7, 20, 60])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_steps_of_any_size_end_in_the_same_bits(batch_size, dtype):
    options = {"batch_size": batch_size, "dtype": dtype, "epochs": 6}
    whole, by_operation, mixed = (build(**options) for _ in range(3))
    whole.run()
    while not by_operation.done:
        by_operation.step_operation()
    for k in range(5):
        mixed.step_operation()
        if k % 2:
            mixed.step_epoch()
    mixed.run()
    for other in (by_operation, mixed):
        assert (other.network.parameters == whole.network.parameters).all()
        assert other.measured == whole.measured


def test_events_come_in_order():
    trainer = build(epochs=2)
    told = watch(trainer)
    trainer.run()
    kinds = [type(event).__name__ for event in told]
    assert kinds == ["EpochMeasured", "EpochCompleted"] * 2 + ["TrainingCompleted"]
    assert [e.epoch for e in told] == [0, 0, 1, 1, 1]


def test_whoever_has_left_is_told_nothing():
    trainer, told = build(), []
    leave = trainer.observe(events.EpochCompleted, told.append)
    trainer.step_epoch()
    leave()
    trainer.step_epoch()
    assert len(told) == 1


class Counter(ReLU):
    """A layer that carries something from batch to batch."""

    rows = 0

    def forward(self, inputs):
        super().forward(inputs)
        self.rows += len(self.output)


def test_a_smaller_last_batch_has_arrays_of_its_own_and_they_stay():
    network = Network([Dense(2, 8), ReLU(), Counter(), Dense(8, 3)])
    data = build().data
    trainer = Trainer(network, SoftmaxCrossEntropy(), GradientDescent(0.1), data, batch_size=25)
    seen = []
    for _ in range(3):
        for batch in range(3):
            trainer.step_batch()
            seen.append([batch, id(network.layers[0].output), id(trainer.loss.output)])
    assert [len(a.output) for a in network.layers] == [10] * 4
    assert seen[:3] == seen[3:6] == seen[6:]
    assert seen[0][1:] == seen[1][1:]
    assert seen[1][1] != seen[2][1]
    assert network.layers[2].rows == 3 * data.samples


def test_a_layer_holds_the_batch_before_until_it_computes_the_next():
    trainer = build(batch_size=25)
    for _ in range(2):
        trainer.step_batch()
    before = trainer.network.layers[1].output.copy()
    trainer.step_operation()
    assert np.array_equal(trainer.network.layers[1].output, before)
    trainer.step_operation()
    assert len(trainer.network.layers[1].output) == 10


def test_small_batches_see_every_row_once_and_each_epoch_anew():
    trainer = build(batch_size=7)
    seen, orders = [], []
    load = trainer._load_batch

    def spy():
        load()
        seen.extend(trainer._rows)

    trainer._load_batch = spy
    for _ in range(2):
        trainer.step_epoch()
        orders.append(tuple(seen))
        assert sorted(seen) == list(range(60))
        seen.clear()
    assert orders[0] != orders[1]
    assert np.isfinite(trainer.probabilities).all()


def test_the_loss_of_an_epoch_of_batches_is_the_mean_over_its_rows():
    trainer = build(batch_size=7, learning_rate=1e-300)
    full = build(learning_rate=1e-300)
    trainer.step_epoch()
    full.step_epoch()
    assert trainer.measured.loss == pytest.approx(full.measured.loss, rel=1e-12)
    assert trainer.measured.accuracy == full.measured.accuracy


def test_restart_keeps_the_weights_or_draws_new_ones():
    trainer = build()
    first = trainer.network.parameters.copy()
    trainer.run()
    end = trainer.measured
    trainer.restart()
    assert (trainer.network.parameters == first).all()
    assert (trainer.epoch, trainer.history.epochs, trainer.measured) == (0, 0, None)
    trainer.run()
    assert trainer.measured == end
    trainer.restart(seed=99)
    assert (trainer.network.parameters != first).any()
    assert trainer.seed == 99


def test_the_learning_rate_changes_from_the_next_update_on():
    trainer = build()
    told = watch(trainer)
    trainer.step_epoch()
    before = trainer.network.parameters.copy()
    trainer.change("learning_rate", 0)
    trainer.step_epoch()
    assert (trainer.network.parameters == before).all()
    assert events.Changed((1, 0, 0), "learning_rate", 0.1, 0) in told
    for wrong in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match="learning rate"):
            trainer.change("learning_rate", wrong)


@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_loss_that_is_no_number_pauses_before_the_update(batch_size):
    trainer = build(batch_size=batch_size)
    told = watch(trainer)
    trainer.run(3)
    trainer.network.layers[0].weights[0, 0] = math.nan
    trainer.run()
    assert isinstance(told[-1], events.LossNotFinite)
    assert trainer.epoch == 3
    assert trainer.program[trainer.operation].name == "loss.backward"
    trainer.run()
    assert trainer.done


def test_a_deadline_and_a_pause_end_a_run():
    trainer = build()
    trainer.run(deadline=0)
    assert trainer.epoch == 1
    trainer.observe(events.EpochMeasured, lambda e: trainer.pause())
    trainer.run()
    assert (trainer.epoch, trainer.operation > 0) == (1, True)


@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        ([[1.0], [math.nan]], [0, 1], "row 2, column 1"),
        ([[1.0], [2.0]], [0, 0], "same label"),
        ([[1.0], [2.0]], [0, 1, 1], "3 labels"),
        ([["a"], ["b"]], [0, 1], "numbers"),
        ([[1.0], [2.0]], [-1, 1], "negative"),
        ([1.0, 2.0], [0, 1], "rows and columns"),
    ],
)
def test_data_that_nothing_learns_from(X, y, says):
    with pytest.raises(DataError, match=says):
        Dataset(X, y)


def test_a_network_that_does_not_fit_its_data():
    data = Dataset([[1.0], [2.0], [3.0]], [0, 1, 2])
    for layers, says in (([Dense(2, 3)], "takes 2 values"), ([Dense(1, 2)], "3 classes")):
        with pytest.raises(ValueError, match=says):
            Trainer(Network(layers), SoftmaxCrossEntropy(), GradientDescent(0.1), data)


def test_a_network_may_begin_with_an_activation():
    data = Dataset([[1.0, -1.0], [-1.0, 2.0]], [0, 1])
    network = Network([ReLU(), Dense(2, 2)])
    trainer = Trainer(network, SoftmaxCrossEntropy(), GradientDescent(1.0), data, epochs=50)
    trainer.run()
    assert trainer.measured.accuracy == 1


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize("batch_size", [None, 25])
def test_calling_layers_by_hand_between_operations_does_not_part_them_from_the_training(
    kernels, batch_size, monkeypatch
):
    monkeypatch.setattr(Trainer, "use_kernels", kernels)
    alone, called = build(batch_size=batch_size), build(batch_size=batch_size)
    rows = np.random.default_rng(0).standard_normal((7, 2))
    for trainer in (alone, called):
        trainer.run(3)
    for _ in range(3 * len(called.program)):
        alone.step_operation()
        called.step_operation()
        if called.program[called.operation].name == "dense_1.forward":  # nothing is under way
            output = rows
            for layer in called.network.layers:
                layer.forward(output)
                output = layer.output
            called.loss.forward(output, np.zeros(7, int))
        called.network.predict(rows)
        called.evaluate()
    for trainer in (alone, called):
        trainer.run(20)
    assert called.measured == alone.measured
    assert (called.network.parameters == alone.network.parameters).all()
    assert (called.network.parameters != build().network.parameters).any()


def test_by_hand_between_forward_and_backward_it_is_what_the_formulas_would_do(monkeypatch):
    ends = []
    for kernels in (True, False):
        monkeypatch.setattr(Trainer, "use_kernels", kernels)
        trainer = build()
        trainer.run(3)
        for _ in range(2):
            trainer.step_operation()
        trainer.network.layers[0].forward(trainer.data.X * 2)
        trainer.run(20)
        ends.append(trainer.network.parameters.tobytes())
    assert ends[0] == ends[1]


class Sleepy(ReLU):
    def forward(self, inputs):
        time.sleep(0.05)
        super().forward(inputs)

    def backward(self, dvalues):
        time.sleep(0.05)
        super().backward(dvalues)


def test_others_get_their_turn_between_the_operations_of_a_long_batch():
    X, y = np.random.default_rng(0).standard_normal((20, 2)), np.arange(20) % 2
    layers = [Dense(2, 4), Sleepy(), Sleepy(), Sleepy(), Dense(4, 2)]
    trainer = Trainer(Network(layers), SoftmaxCrossEntropy(), GradientDescent(), Dataset(X, y))
    trainer.run(2)
    places = []
    while trainer.epoch == 2:
        trainer.run(deadline=time.perf_counter())
        places.append(trainer.operation)
    assert len(places) > 8
    assert places == [*sorted(places[:-1]), 0]
    assert not trainer.paused

"""Breakpoints stop where a plain loop over the epochs says that their condition holds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import ConditionError, Position
from engine.protocol import events
from engine.runs.build import build_trainer
from engine.runs.description import Description

EPOCHS = 120


def build(**options):
    options = {"samples": 6, "hidden": (5,), "epochs": EPOCHS, "learning_rate": 1.0, **options}
    return build_trainer(Description(**options))


def plain_loop(holds, **options):
    """Which epochs end with ``holds`` true, of a training that nobody watches."""
    trainer, held, before = build(**options), [], None
    for epoch in range(EPOCHS):
        trainer.step_epoch()
        if holds(trainer, trainer.measured, before):
            held.append(epoch)
        before = trainer.measured
    return held


def norm(layer):
    return math.sqrt((layer.dweights**2).sum() + (layer.dbiases**2).sum())


CONDITIONS = {
    "loss < 1.07": lambda t, m, b: m.loss < 1.07,
    "accuracy >= 0.5 and epoch > 40": lambda t, m, b: m.accuracy >= 0.5 and m.epoch > 40,
    "loss > 1.0005 * previous(loss)": lambda t, m, b: b is not None and m.loss > 1.0005 * b.loss,
    "grad_norm('dense_1') > 0.02": lambda t, m, b: norm(t.network.layers[0]) > 0.02,
    "dead('relu_1') >= 0.2": lambda t, m, b: (
        1 - (t.network.layers[1].output > 0).any(axis=0).mean() >= 0.2
    ),
    "learning_rate == 1 and epoch / 7 == 3": lambda t, m, b: m.epoch == 21,
}


@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("text", CONDITIONS)
def test_it_stops_at_each_epoch_at_which_it_holds(text, batch_size):
    expected = plain_loop(CONDITIONS[text], batch_size=batch_size)
    trainer, hits = build(batch_size=batch_size), []
    trainer.breakpoints.add(text)
    trainer.observe(events.BreakpointHit, lambda e: hits.append(e.position.epoch - 1))
    while not trainer.done:
        trainer.run()
        assert trainer.operation == 0
    assert hits == expected
    assert trainer.breakpoints.all[0].held == len(expected)


@settings(max_examples=20, deadline=None)
@given(
    limit=st.floats(1.05, 1.1),
    batch_size=st.sampled_from([None, 4]),
    start=st.integers(1, EPOCHS),
)
def test_backwards_it_stops_at_the_last_epoch_before(limit, batch_size, start):
    expected = plain_loop(lambda t, m, b: m.loss < limit, batch_size=batch_size)
    trainer = build(batch_size=batch_size)
    trainer.run(start)
    end = trainer.network.parameters.copy()
    trainer.breakpoints.add(f"loss < {limit!r}")
    places = []
    while trainer.run_back():
        places.append(trainer.epoch - 1)
    assert places == [e for e in reversed(expected) if e < start - 1]
    for breakpoint in trainer.breakpoints.all:
        breakpoint.on = False
    trainer.run(start)
    assert (trainer.network.parameters == end).all()


@pytest.mark.parametrize("batch_size", [None, 5])
def test_an_operation_stops_before_itself_on_and_back(batch_size):
    trainer = build(batch_size=batch_size)
    trainer.breakpoints.add("dense_2.backward and epoch > 2")
    places = []
    for _ in range(6):
        trainer.run()
        places.append(trainer.position)
    assert all(trainer.program[p.operation].name == "dense_2.backward" for p in places)
    assert places[0][:2] == (3, 0)
    per_epoch = trainer.batches
    assert [p.epoch * per_epoch + p.batch for p in places] == list(
        range(3 * per_epoch, 3 * per_epoch + 6)
    )
    for place in reversed(places[:-1]):
        assert trainer.run_back()
        assert trainer.position == place
    assert not trainer.run_back()
    assert trainer.position == places[0]


def test_once_after_and_switched_off():
    trainer, hits = build(), []
    trainer.observe(events.BreakpointHit, lambda e: hits.append((e.number, e.position.epoch)))
    trainer.breakpoints.add("epoch >= 3 once")
    trainer.breakpoints.add("epoch >= 0 after 10")
    trainer.breakpoints.add("epoch == 5").on = False
    for _ in range(3):
        trainer.run()
    assert hits == [(1, 4), (2, 10), (2, 11)]
    assert [b.on for b in trainer.breakpoints.all] == [False, True, False]
    assert trainer.breakpoints.all[0].text == "epoch >= 3 once"
    trainer.breakpoints.remove(2)
    trainer.run()
    assert trainer.done


def test_a_condition_about_what_there_is_not():
    with pytest.raises(ConditionError, match="dense_1"):
        build().breakpoints.add("grad_norm('dense_7') > 1")


def test_a_breakpoint_changes_no_bit():
    watched, plain = build(batch_size=7), build(batch_size=7)
    watched.breakpoints.add("loss < 0")
    watched.breakpoints.add("relu_1.backward and loss < 0")
    watched.run()
    plain.run()
    assert watched.measured == plain.measured
    assert (watched.network.parameters == plain.network.parameters).all()


def test_a_loss_that_is_no_number_can_be_gone_back_from():
    trainer = build()
    trainer.run(50)
    trainer.change("dense_1.weights[0, 0]", 1e308)
    trainer.run()
    assert not math.isfinite(trainer.rows.value)
    trainer.go_to(Position(49, 0, 0))
    assert np.isfinite(trainer.network.parameters).all()
    trainer.breakpoints.add("isnan(loss) or isinf(loss)")
    assert not trainer.run_back()
    assert trainer.position == (49, 0, 0)


def test_short_names_are_those_of_the_screen():
    trainer = build()
    trainer.breakpoints.add("acc >= 0 and lr > 0 and previous(acc) >= 0 and epoch > 3")
    trainer.run()
    assert trainer.epoch == 5


@pytest.mark.parametrize("batch_size", [None, 5])
def test_before_the_first_operation_the_epoch_is_the_one_that_begins(batch_size):
    trainer = build(batch_size=batch_size)
    trainer.breakpoints.add("dense_1.forward and epoch == 5")
    places = []
    while not trainer.done:
        trainer.run()
        places.append(trainer.position)
    assert places[:-1] == [Position(5, batch, 0) for batch in range(trainer.batches)]


def test_what_is_not_computed_yet_is_no_number():
    trainer = build()
    for text in (
        "relu_1.forward and dead('relu_1') >= 0",
        "dense_2.forward and dead('relu_1') >= 0",
        "loss.forward and grad_norm('dense_1') >= 0",
        "loss.forward and grad_norm() >= 0",
        "optimizer.update and grad_norm() >= 0",
    ):
        trainer.breakpoints.add(text)
    places = []
    for _ in range(7):
        trainer.run()
        places.append((trainer.epoch, trainer.program[trainer.operation].name))
    first, later = places[:2], places[2:]
    assert first == [(0, "dense_2.forward"), (0, "optimizer.update")]
    assert [name for _, name in later[:4]] == [
        *("relu_1.forward", "dense_2.forward", "loss.forward", "optimizer.update")
    ]


def test_a_place_is_looked_at_after_the_changes_that_were_made_there():
    trainer = build()
    trainer.run(20)
    trainer.change("learning_rate", 0.5)
    trainer.run(40)
    trainer.breakpoints.add("learning_rate == 0.5 once")
    assert trainer.run_back()
    backwards = trainer.position
    while trainer.run_back():
        backwards = trainer.position
    assert backwards == (20, 0, 0)
    trainer.go_to(Position(10, 0, 0))
    trainer.run()
    assert trainer.position == (20, 0, 0)


@pytest.mark.parametrize("batch_size", [None, 4, 5])
def test_backwards_it_stops_only_where_it_stopped_on_the_way(batch_size):
    """Also where the condition is about arrays that a snapshot does not hold."""
    text = "loss.forward and grad_norm('dense_1') > 0.018"
    trainer = build(batch_size=batch_size, learning_rate=1.0)
    trainer.breakpoints.add(text)
    on_the_way = []
    while not trainer.done:
        trainer.timeline.due = 0.0
        trainer.run()
        on_the_way.append(trainer.position)
    backwards = []
    while trainer.run_back():
        backwards.append(trainer.position)
    assert backwards == on_the_way[-2::-1]
    assert len(backwards) > 3


def test_after_going_back_gradients_are_those_of_that_place():
    trainer, other = build(), build()
    trainer.run(30)
    trainer.timeline.keep(0)
    for _ in range(6):
        trainer.step_operation()
    trainer.breakpoints.add("dense_2.forward and epoch == 30")
    assert trainer.run_back()
    other.run(30)
    other.step_operation()
    other.step_operation()
    assert trainer.position == other.position
    for ours, theirs in zip(trainer.network.layers, other.network.layers, strict=True):
        for name, value in vars(theirs).items():
            assert (getattr(ours, name) == value).all()
    assert (trainer.loss.dinputs == other.loss.dinputs).all()
    assert (trainer.probabilities == other.probabilities).all()
    trainer.go_to(Position(0, 0, 0))
    assert not hasattr(trainer.network.layers[0], "dweights")
    assert not hasattr(trainer.loss, "output")
    assert math.isnan(trainer.rows.value)


@pytest.mark.parametrize("batch_size", [4, 5, 7])
@pytest.mark.parametrize("place", ["dense_1.forward", "relu_1.forward", "dense_2.forward"])
def test_dead_units_are_those_of_the_whole_last_batch_whatever_its_size(place, batch_size):
    stepped, expected, dead = build(batch_size=batch_size), [], math.nan
    while not stepped.done:
        operation = stepped.program[stepped.operation].name
        if operation == place and dead >= 0.4:
            expected.append(stepped.position)
        stepped.step_operation()
        if operation == "relu_1.forward":
            dead = 1 - (stepped.network.layers[1].output > 0).any(axis=0).mean()
    trainer, places = build(batch_size=batch_size), []
    trainer.breakpoints.add(f"{place} and dead('relu_1') >= 0.4")
    while not trainer.done:
        trainer.run()
        places.append(trainer.position)
    assert places[:-1] == expected
    assert 0 < len(expected) < EPOCHS * trainer.batches

"""Going back, and what is changed in the past; its random walks are in test_random_walks."""

import math
import time
from itertools import pairwise

import numpy as np
import pytest

from engine import ChangeError, Position
from engine.debugging import snapshots
from engine.debugging.changes import find_target, parse_change
from engine.protocol import events
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.training.snapshots import Saver


def build(**options):
    options = {"samples": 5, "hidden": (3,), "epochs": 10**6, "learning_rate": 0.3, **options}
    return build_trainer(Description(**options))


def test_going_back_tells_nothing_again_and_keeps_to_its_memory():
    trainer = build(epochs=30_000)
    trainer.timeline.memory = 100_000
    trainer.run()
    assert sum(b.snapshots.nbytes for b in trainer.timeline.branches) <= 100_000
    epochs = []
    leave = trainer.observe(events.EpochMeasured, epochs.append)
    for place in (29_999, 15_000, 14_999, 14_998, 1, 0):
        trainer.go_to(Position(place, 0, 0))
        assert trainer.epoch == place
    assert not epochs  # what is told again is not told twice
    leave()
    trainer.run()
    assert trainer.done


def test_snapshots_thin_with_age_and_any_moment_stays_near():
    trainer, kept = build(), snapshots.Snapshots()
    saver = Saver(trainer)
    for k in range(5000):
        trainer.iteration = k
        kept.keep(saver.take())
    assert len(kept) < 256 * 7
    iterations = sorted(s.iteration for s in kept)
    gaps = [(b - a, 5000 - a) for a, b in pairwise(iterations)]
    assert iterations[0] == 0
    assert all(gap <= max(1, 2 * age / 128) for gap, age in gaps)
    nbytes = kept.nbytes
    kept.thin()
    assert kept.nbytes < nbytes
    while len(kept) > 1:
        kept.thin()
    assert next(iter(kept)).iteration == 4999


def test_a_change_in_the_past_begins_a_branch_and_keeps_the_future():
    trainer = build()
    trainer.run(60)
    future, end = trainer.measured, trainer.network.parameters.copy()
    trainer.go_to(Position(20, 0, 0))
    trainer.change("learning_rate", 0.01)
    trainer.run(40)
    main, branch = trainer.timeline.branches
    assert (branch.parent, branch.left, branch.reason) == (
        main,
        (20, 0, 0),
        "learning_rate 0.3 → 0.01",
    )
    assert (main.reached, main.measured) == ((60, 0, 0), future)
    assert main.history.epochs == 60
    assert branch.history.epochs == 40
    for _ in trainer.timeline.go_over(main):
        pass
    assert trainer.measured == future
    assert (trainer.network.parameters == end).all()
    assert trainer.optimizer.learning_rate == 0.3


def test_a_branch_of_a_long_run_measures_its_bucket_anew():
    trainer, losses = build(), []
    trainer.observe(events.EpochMeasured, lambda e: losses.append(e.loss))
    trainer.run(4096 * 4 + 3)
    trainer.go_to(Position(4001, 0, 0))
    trainer.change("dense_1.weights[0, 0]", 50.0)
    known = losses[:4001]
    losses.clear()
    trainer.run(4100)
    curve, both = trainer.history.curve("loss", 10**6), np.array(known + losses)
    assert curve.span == 8
    for i, (low, high) in enumerate(zip(curve.lower, curve.upper, strict=True)):
        bucket = both[i * 8 : i * 8 + 8]
        assert (low, high) == (bucket.min(), bucket.max())


def test_undo_of_the_only_change_goes_back_to_the_future_that_was():
    trainer = build()
    trainer.run(30)
    trainer.go_to(Position(10, 0, 3))
    trainer.change("dense_1.weights[1, 2]", 7)
    assert len(trainer.timeline.branches) == 2
    assert trainer.undo()
    assert [b.name for b in trainer.timeline.branches] == ["main"]
    assert trainer.timeline.reached == (30, 0, 0)
    assert not trainer.undo()


def test_prediction_shows_an_edit_at_once_and_disturbs_nothing():
    trainer = build(batch_size=4)
    trainer.run(3)
    before = trainer.probabilities.copy()
    trainer.change("dense_2.biases[1]", 40.0)
    said = trainer.network.predict(trainer.data.X)
    assert (said.argmax(axis=1) == 1).all()
    found = trainer.evaluate()
    assert found.loss > 1
    assert found.accuracy == (trainer.data.y == 1).mean()
    assert (found.probabilities == said).all()
    assert (trainer.probabilities == before).all()


@pytest.mark.parametrize(
    ("target", "value", "says"),
    [
        ("momentum", 1.0, "hyperparameters: learning_rate"),
        ("learning_rate", -1.0, "0 or more"),
        ("dense_9.weights[0, 0]", 1.0, "there is no dense_9"),
        ("dense_1.weights[0, 3]", 1.0, r"to \[1, 2\]"),
        ("dense_1.weights[0]", 1.0, r"to \[1, 2\]"),
        ("dense_1.biases[3]", 1.0, "biases goes"),
        ("dense_1.weights[0, 0]", math.nan, "finite"),
        ("data.z[1]", 1.0, "data.y"),
        ("data.y[1]", 3.0, "0 to 2"),
        ("data.y[1]", 0.5, "0 to 2"),
        ("__class__", 1.0, "there is no"),
        ("seed", 5.0, "restart"),
        (" seed ", -1.0, "restart"),
        (f"dense_1.weights[{'9' * 5000}, 0]", 1.0, "names no number"),
        ("dense_1.weights[1, 99999999999999999]", 1.0, r"to \[1, 2\]"),
        ("dense_1.weights[0, 0", 1.0, "names no number"),
    ],
)
def test_a_change_that_cannot_be_made_changes_nothing(target, value, says):
    trainer = build()
    trainer.run(3)
    before = trainer.network.parameters.copy()
    trainer.go_to(Position(1, 0, 0))
    with pytest.raises(ChangeError, match=says):
        trainer.change(target, value)
    assert len(trainer.timeline.branches) == 1
    trainer.run(3)
    assert (trainer.network.parameters == before).all()


def test_what_float32_cannot_hold_is_not_finite():
    trainer = build(dtype="float32")
    for target in ("dense_1.weights[0, 0]", "dense_2.biases[1]", "data.X[0, 1]"):
        with pytest.raises(ChangeError, match="1e\\+39 is none in float32"):
            trainer.change(target, 1e39)
        trainer.change(target, 1e38)


@pytest.mark.parametrize("broken", [math.inf, -math.inf, math.nan])
def test_an_edit_of_a_value_that_is_not_finite_is_taken_back(broken):
    trainer = build()
    for layer in trainer.network.trained.values():
        layer.weights[:], layer.biases[:] = broken, broken
    before = trainer.network.parameters.copy()
    trainer.change("dense_1.weights[0, 0]", 0.5)
    trainer.step_epoch()
    trainer.go_to(Position(0, 0, 0))
    assert trainer.undo()
    assert trainer.network.parameters.tobytes() == before.tobytes()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("hidden", [(3,), (64,)])
def test_data_changed_between_forward_and_backward_are_those_of_the_gradient(dtype, hidden):
    trainer = build(dtype=dtype, hidden=hidden, samples=100)
    for _ in range(3):
        trainer.step_operation()
    trainer.change("data.X[7, 1]", 0.5)
    trainer.step_epoch()
    first = trainer.network.layers[0]
    product = trainer.data.X.astype(dtype).T @ trainer.network.layers[1].dinputs
    assert (first.inputs == trainer.data.X.astype(dtype)).all()
    assert (first.dweights == product).all()


def test_any_kind_of_number_is_changed_to_the_same_bits():
    for dtype in ("float64", "float32"):
        trainer = build(dtype=dtype)
        changed = []
        trainer.observe(events.Changed, changed.append)
        for target, value in (
            ("learning_rate", np.float32(0.1)),
            ("dense_1.weights[0, 0]", np.float32(0.1)),
            ("dense_1.weights[0, 1]", np.float16(0.3)),
            ("data.y[5]", 2),
            ("data.y[4]", np.int64(1)),
            ("data.X[1, 0]", 1),
        ):
            trainer.change(target, value)
            read = find_target(trainer, target).read()
            assert type(read) is float
            assert changed[-1].after == read
        assert type(trainer.optimizer.learning_rate) is float


@pytest.mark.parametrize(
    "place",
    [(-1, 0, 0), (21, 0, 0), (20, 0, 1), (3, 4, 0), (3, -1, 0), (3, 0, 99), (3, 0, -1)],
)
def test_a_place_that_there_is_not_is_refused(place):
    trainer = build(batch_size=4)
    trainer.run(20)
    with pytest.raises(ValueError, match=r"there is no|has not been"):
        trainer.go_to(Position(*place))
    assert trainer.position == (20, 0, 0)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_there_is_not_leaves_no_branch(seed):
    trainer = build()
    trainer.run(3)
    with pytest.raises(ValueError, match="a seed is"):
        trainer.restart(seed)
    assert len(trainer.timeline.branches) == 1
    assert trainer.epoch == 3


@pytest.mark.parametrize("memory", [10**6, 10**7])
def test_many_branches_keep_to_the_memory_together(memory):
    trainer = build(hidden=(500,))
    trainer.timeline.memory = memory
    trainer.run(300)
    for k in range(100):
        trainer.timeline.due = 0.0
        trainer.run(trainer.epoch + 3)
        trainer.go_to(Position(trainer.epoch - 1, 0, 0))
        trainer.change("learning_rate", 0.1 + k / 1e4)
    branches = trainer.timeline.branches
    assert len(branches) == 101
    histories = sum(b.history.nbytes for b in branches)
    assert histories < 101 * 64 * 1024  # as short as they may become
    assert sum(b.nbytes for b in branches) <= max(memory, histories)
    end = trainer.network.parameters.copy()
    for branch in (branches[7], branches[-1]):
        for _ in trainer.timeline.go_over(branch):
            pass
    assert (trainer.network.parameters == end).all()


def test_a_thousand_branches_in_each_other():
    trainer = build()
    for k in range(1100):
        trainer.run(trainer.epoch + 2)
        trainer.go_to(Position(trainer.epoch - 1, 0, 0))
        trainer.change("learning_rate", 0.1 + k / 1e4)
    trainer.go_to(Position(1, 0, 0))
    assert trainer.optimizer.learning_rate == 0.1


def test_changes_are_read_from_text():
    assert parse_change("dense_1.weights[0, 1] = -2e-3") == ("dense_1.weights[0, 1]", -0.002)
    for wrong in ("dense_1.weights[0, 1]", "loss = much", ""):
        with pytest.raises(ChangeError, match="as dense_1"):
            parse_change(wrong)


def test_a_journey_lets_others_have_their_turn():
    trainer = build()
    trainer.timeline.due = math.inf  # no snapshots: a long way
    trainer.run(5000)
    journey, turns, began = trainer.timeline.travel(Position(4000, 0, 0)), 0, time.perf_counter()
    for _ in journey:
        turns += 1
    assert turns > 1000 * (time.perf_counter() - began) / 20

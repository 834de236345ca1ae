"""Looking inside an operation: windows, cells, what changed, and what it costs."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.debugging import inspection, statistics
from engine.debugging.dataflow import value_of
from engine.debugging.windows import Update, Window
from engine.protocol import commands, frames
from engine.protocol.commands import Subscribe
from engine.protocol.events import Position
from engine.protocol.views.inside import (
    ArrayName,
    InsideQuery,
    Inspection,
    Program,
    heat_room,
)
from engine.protocol.wire import Unpacker, pack
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service.session import Session
from engine.training.program import Place

WINDOW = InsideQuery(rows=6, columns=5, heat_rows=10, heat_columns=12, bins=20)


def build(**options):
    description = Description(
        **{"samples": 10, "hidden": (8,), "epochs": 100, "seed": 1, "paused": True, **options}
    )
    session = Session(build_trainer(description), description)
    session.subscribed(None, Subscribe([WINDOW]))
    return session


def look(session, operation=None, array="", **fields):
    wanted = {name: getattr(WINDOW, name) for name in WINDOW.__struct_fields__}
    wanted.update(operation=operation, array=array, **fields)
    return session.inspector.look(InsideQuery(**wanted))


def do(session, *told):
    for command in told:
        session.handle(command)
        while session.running:
            session.advance(1)


ON, EPOCH = commands.Step("operation"), commands.Step("epoch")


def test_it_follows_the_operation_just_done_or_else_the_next():
    session = build()
    assert look(session).operation == 0
    do(session, ON)
    assert look(session).operation == 0
    do(session, ON, ON)
    seen = look(session)
    assert seen.operation == 2
    assert session.trainer.operation == 3
    do(session, commands.Step("operation", back=True))
    assert look(session).operation == session.trainer.operation == 2
    do(session, EPOCH)
    assert look(session).operation == session.trainer.operation == 0
    assert look(session, 99).operation == len(session.trainer.program) - 1


def test_the_first_written_array_is_shown_where_none_of_that_name_is():
    session = build()
    seen = look(session, 0, "relu_1.output")
    assert seen.arrays[seen.array].name == "dense_1.output"
    seen = look(session, 0, "dense_1.biases")
    assert seen.arrays[seen.array].name == "dense_1.biases"


def test_the_last_step_stands_out():
    session = build()
    do(session, EPOCH, EPOCH)
    seen = look(session, 0, "dense_1.weights")
    assert all(all(row) for row in seen.table.changed)
    assert seen.before != seen.arrays[seen.array].now
    assert seen.cell.before != seen.cell.value
    assert [line.changed for line in seen.arrays] == [False, True, True, True]
    do(session, ON)
    seen = look(session, 0, "dense_1.weights")
    assert not any(any(row) for row in seen.table.changed)
    assert seen.cell.before == seen.cell.value


def test_the_histogram_of_before_is_drawn_to_the_same_scale():
    session = build()
    do(session, EPOCH, EPOCH)
    assert look(session, 0, "dense_1.output", bins=9).histogram_before
    weights = session.trainer.network.layers[0].weights
    do(session, ON)
    weights[:] = 0.25
    do(session, EPOCH, commands.Edit("dense_1.weights[0, 0] = 8"), ON)
    do(session, commands.Edit("dense_1.weights[0, 0] = -0.25"))
    seen = look(session, 0, "dense_1.weights", bins=8)
    assert (seen.low, seen.scale) == (-10, 10)
    assert sum(seen.histogram) == sum(seen.histogram_before) == weights.size
    assert (seen.histogram_before[-1], seen.histogram[-1]) == (1, 0)


def test_nothing_is_before_the_first_step():
    assert look(build(), 0, "dense_1.weights", bins=8).histogram_before == []


def test_a_formula_is_shown_where_it_stands_and_its_kernel_below():
    dense, relu, _, loss, *_ = build().inspector.program
    assert dense.place.startswith("layers.py:")
    assert "    self.output = inputs @ self.weights + self.biases" in dense.source.splitlines()
    assert relu.source.splitlines()[-1].strip() == "self.output = np.maximum(0, inputs)"
    assert "np.exp(" in loss.source
    assert "np.log(" in loss.source
    assert '"""' not in dense.source + loss.source
    assert relu.kernel_place.startswith("relu.py:")
    assert "np.maximum(work.zeros, inputs, out=work.output)" in relu.kernel_source
    plain = build(kernels=False).inspector.program
    assert not any(entry.kernel_place or entry.kernel_source for entry in plain)
    assert [entry.source for entry in plain][:2] == [dense.source, relu.source]


def test_an_edit_stands_out_and_the_look_stays():
    session = build()
    do(session, ON, commands.Edit("dense_1.weights[1, 2] = 0.5"))
    seen = look(session, array="dense_1.weights", row=1, column=2)
    assert seen.operation == 0
    assert seen.cell.value == 0.5
    assert [(r, c) for r in range(2) for c in range(5) if seen.table.changed[r][c]] == [(1, 2)]


def test_the_update_that_was_made_and_the_one_that_comes():
    session = build(learning_rate=0.2)
    assert look(session, 0, "dense_1.weights").cell.update is None
    do(session, *[EPOCH] * 3)
    layer = session.trainer.network.layers[0]
    after = layer.weights[1, 3]
    seen = look(session, 0, "dense_1.weights", row=1, column=3)
    assert seen.gradient == "dense_1.dweights"
    assert seen.cell.gradient == layer.dweights[1, 3]
    assert seen.cell.update == -0.2 * layer.dweights[1, 3]
    assert after - seen.cell.before == pytest.approx(seen.cell.update)
    ratio = 0.2 * np.linalg.norm(layer.dweights) / np.linalg.norm(layer.weights)
    assert seen.update_ratio == pytest.approx(ratio)
    assert seen.gradients.values[1][3] == layer.dweights[1, 3]
    assert look(session, 0, "dense_1.output").update_ratio is None
    session.handle(commands.SetLearningRate(0.7))
    assert look(session, 0, "dense_1.weights", row=1, column=3).cell.update == seen.cell.update
    do(session, *[commands.Step("operation")] * (len(session.trainer.program) - 1))
    coming = look(session, 0, "dense_1.weights", row=1, column=3).cell.update
    assert coming == -0.7 * layer.dweights[1, 3]
    do(session, commands.Step("operation"))
    assert layer.weights[1, 3] - after == pytest.approx(coming)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("operation", range(9))
def test_at_the_beginning_nothing_is_left_of_later_epochs(operation, again):
    session, fresh = build(), build()
    do(session, *[EPOCH] * 3, commands.GoTo(0), commands.Step("epoch", back=True))
    if again:
        do(session, *[EPOCH] * 3)
        session.trainer.restart()
    for array in [info.name for info in look(fresh, operation).arrays]:
        seen, expected = (look(s, operation, array, row=0, column=0) for s in (session, fresh))
        for name in ("value", "gradient", "update"):
            assert str(getattr(seen.cell, name)) == str(getattr(expected.cell, name)), (array, name)


def test_the_update_of_an_optimizer_of_ones_own():
    session = build()
    do(session, EPOCH)
    trainer = session.trainer

    class Sign:
        learning_rate = 0.01

        def update_parameters(self, layer):
            layer.weights -= 0.01 * np.sign(layer.dweights)

    class Broken(Sign):
        def update_parameters(self, layer):
            raise RuntimeError

    layer = trainer.network.layers[2]
    trainer.optimizer = Sign()
    assert Update.find(trainer, Place(layer, ("weights",))).step() is None
    do(session, *[commands.Step("operation")] * (len(trainer.program) - 1))
    step = Update.find(trainer, Place(layer, ("weights",))).step()
    np.testing.assert_allclose(step, -0.01 * np.sign(layer.dweights))
    trainer.optimizer = Broken()
    assert Update.find(trainer, Place(layer, ("weights",))).step() is None


def test_vectors_scalars_and_truth_values():
    session = build()
    do(session, ON, ON, ON, ON)
    seen = look(session, 3, "loss.value")
    assert (seen.cell.name, seen.cell.value) == ("loss.value", session.trainer.rows.value)
    assert (seen.rows, seen.columns) == (1, 1)
    seen = look(session, 3, "loss.y_true", row=7)
    assert seen.cell.name == "loss.y_true[7]"
    assert (seen.rows, seen.columns) == (30, 1)
    assert seen.arrays[seen.array].dtype == "int64"
    session.trainer.network.layers[1].active = session.trainer.network.layers[1].output > 0
    place = Place(session.trainer.network.layers[1], ("active",))
    assert value_of(place).dtype == bool


def test_before_anything_is_done_there_is_nothing_yet():
    session = build()
    seen = look(session, 3, "loss.value")
    assert math.isnan(seen.cell.value)
    assert seen.before is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_told_truly_over_the_wire(value):
    session = build()
    session.trainer.network.layers[0].weights[1, 2] = value
    wanted = Subscribe([InsideQuery(0, "dense_1.weights", 1, 2, 0, 0, 6, 5)])
    (frame,) = Unpacker(frames.SessionEvent).feed(pack(session.frame(wanted)))
    seen = frame.answer(Inspection)
    assert str(seen.cell.value) == str(seen.table.values[1][2]) == str(value)
    now = seen.arrays[seen.array].now
    assert (now.not_numbers, now.infinite) == ((1, 0) if math.isnan(value) else (0, 1))


@given(st.integers(-5, 400), st.integers(-5, 400), st.integers(0, 50), st.integers(0, 50))
def test_windows_stay_within_the_array(row, column, rows, columns):
    values = np.arange(30 * 8.0).reshape(30, 8)
    wanted = InsideQuery(0, "", row, column, row, column, rows, columns, row, column, rows, columns)
    window = Window("some.values", values)
    table, heat, cell = window.table(wanted, "values"), window.heat(wanted), window.cell(wanted)
    assert cell.value == values[cell.row, cell.column]
    assert len(table.values) == min(rows, 30)
    assert len(heat.levels) == math.prod(heat_room((30, 8), (rows, columns)))
    for k, told in enumerate(table.values):
        at = table.row + k
        assert told == values[at, table.column : table.column + min(columns, 8)].tolist()


def test_the_step_into_a_batch_of_another_size_has_no_before():
    session = build(batch_size=20)
    for rows in (10, 20):
        do(session, commands.Step("batch"), ON)
        seen = look(session, 0, "dense_1.output")
        assert (seen.rows, seen.before) == (rows, None)
        do(session, ON)
        seen = look(session, 1, "relu_1.output")
        assert (seen.rows, seen.before) == (rows, None)


def test_a_large_array_is_sampled_only_while_it_trains(monkeypatch):
    monkeypatch.setattr(statistics, "MOST_SAMPLED", 50)
    session = build()
    do(session, EPOCH)
    assert not look(session, 0).sampled
    wanted = InsideQuery(0, "dense_1.output", rows=3, columns=3)
    assert session.inspector.look(wanted, exact=False).sampled


def test_nothing_is_kept_while_nobody_looks():
    session = build()
    wanted = Subscribe([WINDOW])
    do(session, EPOCH)
    assert session.inspector._before
    session.subscribed(wanted, None)
    do(session, EPOCH)
    assert not session.inspector._before
    tracemalloc.start()
    for _ in range(20):
        session.inspector.remember()
    assert tracemalloc.get_traced_memory()[1] < 2000
    tracemalloc.stop()


def test_kept_arrays_are_bounded(monkeypatch):
    monkeypatch.setattr(inspection, "MOST_KEPT", 3000)
    session = build()
    do(session, EPOCH)
    assert 0 < sum(a.nbytes for a in session.inspector._before.values()) <= 3000


def test_the_program_is_told_when_somebody_begins_to_look():
    session = build()
    (told,) = (e for e in session.outbox if isinstance(e, Program))
    assert [entry.name for entry in told.operations] == [str(o) for o in session.trainer.program]
    first = told.operations[0]
    assert first.reads[1] == ArrayName("dense_1.weights", "2×8")
    session.outbox.clear()
    wanted = Subscribe([WINDOW])
    session.subscribed(wanted, wanted)
    assert not session.outbox


def test_a_frame_of_a_large_screen_is_some_kilobytes():
    session = build(hidden=(64,), samples=100)
    do(session, EPOCH)
    wanted = InsideQuery(0, "", rows=14, columns=7, heat_rows=30, heat_columns=78, bins=48)
    assert len(pack(session.frame(Subscribe([wanted])))) < 6000


def test_the_program_s_shapes_are_those_of_a_whole_batch():
    trainer = build_trainer(Description(samples=10, batch_size=7))
    inspector = inspection.Inspector(trainer)
    trainer.run(2)
    assert len(trainer.rows.inputs) == 30 % 7
    shapes = {a.name: a.shape for entry in inspector.program for a in entry.reads}
    assert (shapes["dense_1.inputs"], shapes["dense_1.weights"]) == ("7×2", "2×64")


def straight(operations, **options):
    """Train that many operations, one by one."""
    session = build(**options)
    do(session, *[ON] * operations)
    return session


def cells(session):
    """Return the first cell of every array of every operation, and what it was before."""
    found = {}
    for k, entry in enumerate(session.inspector.program):
        for name in {array.name: None for array in (*entry.reads, *entry.writes)}:
            cell = look(session, k, name).cell
            found[k, name] = str(cell.value), str(cell.before)
    return found


BACK = {unit: commands.Step(unit, back=True) for unit in ("operation", "batch", "epoch")}


@pytest.mark.parametrize(
    ("way", "operations"),
    [
        ([EPOCH, EPOCH, EPOCH, ON, ON, BACK["operation"]], 28),
        ([EPOCH, EPOCH, EPOCH, ON, BACK["operation"], BACK["operation"]], 26),
        ([EPOCH, EPOCH, EPOCH, BACK["epoch"]], 18),
        ([EPOCH, EPOCH, EPOCH, BACK["batch"]], 18),
        ([EPOCH, EPOCH, EPOCH, ON, ON, commands.GoTo(1)], 18),
        ([EPOCH, EPOCH, EPOCH, commands.GoTo(0), commands.GoTo(1)], 18),
        (
            [
                *[EPOCH] * 3,
                commands.SetBreakpoint("relu_1.backward and epoch < 2"),
                commands.RunBack(),
            ],
            15,
        ),
        (
            [
                *[EPOCH, EPOCH, BACK["epoch"], commands.Edit("dense_1.weights[0, 0] = 3")],
                *[EPOCH, commands.GoOver("main")],
            ],
            18,
        ),
    ],
    ids=str,
)
def test_after_going_back_before_is_what_was_there_before_the_last_operation(way, operations):
    session = build()
    do(session, *way)
    expected = straight(operations)
    assert session.trainer.position == expected.trainer.position
    assert cells(session) == cells(expected)


def test_nothing_is_before_the_beginning_however_one_comes_there():
    session = build()
    do(session, EPOCH, EPOCH, commands.GoTo(-1))
    assert {before for _, before in cells(session).values()} == {"None"}


def test_a_journey_that_is_stopped_on_its_way_leaves_nothing_from_where_it_began(monkeypatch):
    monkeypatch.setattr("engine.service.session.AT_ONCE", 0)
    monkeypatch.setattr("engine.debugging.timeline.BREATH", 0)
    session = build()
    do(session, *[EPOCH] * 20, ON)
    session.trainer.timeline.branch.snapshots.forget_from(Position(0, 0, 1))
    session.handle(commands.GoTo(15))
    assert session.running
    session.handle(commands.Pause())
    assert session.trainer.epoch < 15
    assert look(session, 0, "dense_1.weights").before is None


@pytest.mark.parametrize(
    ("shape", "room", "shown"),
    [
        ((2, 64), (5, 22), (2, 44)),  # two bands below one another
        ((2, 64), (20, 22), (2, 64)),
        ((64, 3), (18, 17), (64, 3)),  # four bands beside one another
        ((64, 3), (10, 17), (40, 3)),
        ((300, 64), (18, 17), (18, 17)),
        ((5, 5), (0, 0), (0, 0)),
        ((1, 1), (18, 17), (1, 1)),
    ],
)
def test_a_heat_map_goes_on_where_there_is_room(shape, room, shown):
    assert heat_room(shape, room) == shown


def test_the_change_in_the_last_step_is_shown():
    session = build()
    assert "take a step first" in look(session, 0, "dense_1.weights", kind="change").missing
    do(session, EPOCH, EPOCH)
    before = session.trainer.network.layers[0].weights.copy()
    do(session, EPOCH)
    change = session.trainer.network.layers[0].weights - before
    seen = look(session, 0, "dense_1.weights", kind="change")
    assert seen.missing == ""
    assert seen.since == "since epoch 1"
    assert seen.table.values == change[:, :5].tolist()
    assert seen.heat.scale >= np.abs(change).max()
    levels = np.frombuffer(seen.heat.levels, np.int8).reshape(2, -1)
    assert (np.sign(levels) == np.sign(change)[:, : seen.heat.columns]).all()
    assert seen.gradients is None
    do(session, ON)
    seen = look(session, 0, "dense_1.output", kind="change")
    assert seen.since == "in dense_1.forward"
    do(session, commands.Edit("dense_1.weights[0, 0] = 8"))
    assert look(session, 0, "dense_1.weights", kind="change").since == "by the edit"


@pytest.mark.parametrize("kernels", [True, False])
def test_the_gradient_of_what_goes_through_a_layer_is_shown(kernels):
    session = build(kernels=kernels)
    do(session, *[ON] * len(session.trainer.program))
    dense, relu, last = session.trainer.network.layers
    for operation, array, gradient in (
        (0, "dense_1.weights", dense.dweights),
        (0, "dense_1.output", relu.dinputs),
        (2, "dense_2.inputs", last.dinputs),
        (2, "dense_2.output", session.trainer.loss.dinputs),
        (3, "loss.inputs", session.trainer.loss.dinputs),
    ):
        seen = look(session, operation, array, kind="gradient", row=1, column=2)
        assert seen.missing == ""
        assert seen.table.values == gradient[:6, :5].tolist()
        assert seen.cell.gradient == gradient[1, 2]
        assert not np.any(seen.table.changed)
    for operation, array in ((0, "dense_1.inputs"), (3, "loss.y_true"), (3, "loss.value")):
        seen = look(session, operation, array, kind="gradient")
        assert seen.missing == f"no gradient of {array} is known here"
        assert seen.table.values == []
        assert seen.heat.levels == b""


def test_what_is_too_large_to_be_kept_says_so(monkeypatch):
    monkeypatch.setattr(inspection, "MOST_KEPT", 200)
    session = build()
    do(session, EPOCH)
    seen = look(session, 0, "dense_1.output", kind="change")
    assert seen.missing.endswith("it is too large to be kept")


def test_looking_at_a_large_network_looks_at_a_part_of_it():
    session = build(hidden=(1500, 1500))
    do(session, EPOCH)
    session.inspector.watchers = 0
    layer = session.trainer.network.layers[2]
    tracemalloc.start()
    for kind in ("values", "change", "gradient"):
        assert look(session, 2, "dense_2.weights", kind=kind).sampled
    assert tracemalloc.get_traced_memory()[1] < layer.weights.nbytes
    tracemalloc.stop()

"""Metrics of any name: measured, kept, asked of in conditions, and sent to a screen."""

import copy
import math
import pickle
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.debugging.conditions import ConditionError
from engine.protocol import commands, events
from engine.protocol.commands import SessionCommand, Subscribe
from engine.protocol.events import Position
from engine.protocol.frames import SessionEvent
from engine.protocol.metrics import ACCURACY, BUILT_IN, LOSS, MOST_METRICS, Metric
from engine.protocol.views.curves import Curves, CurvesQuery
from engine.protocol.views.inside import InsideQuery
from engine.protocol.views.samples import SamplesQuery
from engine.protocol.wire import LARGEST_COMMAND, Unpacker, pack
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service.session import Session
from engine.training.history import History
from engine.training.metrics import MetricError

RUN = Description(samples=10, hidden=(8,), epochs=60, seed=3, paused=True)


def build(**fields):
    return build_trainer(msgspec.structs.replace(RUN, **fields))


def margin(trainer):
    """How far the first class is from the second, on average."""
    return (trainer.probabilities[:, 0] - trainer.probabilities[:, 1]).mean()


def same(one, other):
    return struct.pack("d", one) == struct.pack("d", other)


# -- what a metric is ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["margin", "grad_norm.dense_1", "a", "L2", "val.a.b", "x" * 60])
def test_an_identifier_with_dots_is_a_name(name):
    trainer = build()
    trainer.metric(name, lambda t: 0.5)
    trainer.step_epoch()
    assert getattr(trainer.measured, name) == 0.5


NO_NAMES = ("", "1st", "a b", "a-b", ".a", "a.", "a..b", "marge é", "_a", "x" * 61, "a\n", None, 3)
TAKEN = (
    *("epoch", "batch", "learning_rate", "lr", "grad_norm", "weight_norm", "dead", "previous"),
    *("loss", "accuracy", "acc", "isnan", "max", "and", "not", "once", "after", "class", "a.in"),
    *("type", "status", "probabilities", "metrics", "operation", "dense_1", "relu_1"),
    *("dense_1.forward", "loss.forward", "optimizer.update"),
)


@pytest.mark.parametrize("name", [*NO_NAMES, *TAKEN])
def test_other_names_are_refused_in_one_line(name):
    trainer = build()
    with pytest.raises(ValueError, match="name") as refused:
        trainer.metric(name, lambda t: 0.5)
    assert "\n" not in str(refused.value)
    assert trainer.metrics.schema == list(BUILT_IN)


@pytest.mark.parametrize(
    "fields",
    [
        {"direction": "up"},
        *({"format": format} for format in ("", "4f", "d", ".99f", ".4", "s", 4, ".4f\n")),
        *({"low": low} for low in (math.nan, math.inf, "0", 1.0)),
    ],
    ids=str,
)
def test_what_a_metric_cannot_be_is_refused(fields):
    with pytest.raises(ValueError, match="'margin'"):
        Metric("margin", **{"high": 1.0, **fields})


def test_a_second_metric_of_that_name_is_refused_unless_the_same_line_runs_again():
    trainer = build()
    trainer.metric("margin", margin)
    with pytest.raises(ValueError, match="there is a metric 'margin' already"):
        trainer.metric("margin", lambda t: 0.0)
    for factor in (1.0, 2.0):
        trainer.metric("twice", lambda t, factor=factor: factor)
    trainer.step_epoch()
    assert [m.name for m in trainer.metrics.schema] == ["loss", "accuracy", "margin", "twice"]
    assert trainer.measured.twice == 2.0


def test_there_may_be_many_but_not_any_number():
    trainer = build()
    for k in range(MOST_METRICS - len(BUILT_IN)):
        trainer.metric(f"m{k}", lambda t, k=k: k)
    with pytest.raises(ValueError, match=f"there are {MOST_METRICS} metrics already"):
        trainer.metric("more", margin)
    with pytest.raises(TypeError, match="'no' cannot be called"):
        trainer.metric("no", 3.0)
    trainer.run(3)
    assert list(trainer.measured.metrics.values())[2:] == list(range(MOST_METRICS - 2))


@given(st.sampled_from([LOSS, ACCURACY, Metric("m", format=".1%")]), st.floats())
def test_a_number_is_written_in_a_few_characters(metric, value):
    assert len(metric.text(value)) <= 11
    assert metric.text(None) == "–"


def test_an_event_names_the_metrics_that_it_has():
    trainer = build()
    trainer.step_epoch()
    with pytest.raises(AttributeError, match="no 'losss'; its metrics are loss, accuracy"):
        _ = trainer.measured.losss
    (sent,) = Unpacker(events.TrainerEvent).feed(pack(trainer.measured))
    assert sent == trainer.measured == copy.deepcopy(sent) == pickle.loads(pickle.dumps(sent))


# -- measuring -------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 7])
def test_it_is_measured_once_an_epoch_and_again_the_same_on_the_way_back(batch_size):
    trainer, seen = build(batch_size=batch_size), []
    trainer.metric("margin", margin, direction="more", low=-1, high=1)
    trainer.metric("loss2", lambda t: 2 * t.measured.loss)
    trainer.subscribe(events.EpochMeasured, seen.append)
    trainer.run(40)
    plain = build(batch_size=batch_size)
    for event in seen:
        plain.advance(plain._measure_at)
        while plain.batch < plain.batches - 1:
            plain.advance(len(plain.program))
            plain.advance(plain._measure_at)
        assert same(event.margin, margin(plain))
        assert same(event.loss, plain.measured.loss)
        assert event.loss2 == 2 * event.loss
        plain.advance(len(plain.program))
    lower = trainer.history.curve("margin", 10**6).lower
    assert lower == [event.margin for event in seen]
    for epoch in (31, 7, 20):
        trainer.go_to(Position(epoch, 0, 0))
        assert trainer.measured == seen[epoch - 1]


def test_one_that_is_added_later_is_measured_from_then_on_in_every_branch():
    trainer = build()
    trainer.run(20)
    trainer.metric("margin", margin)
    trainer.run(30)
    curve = trainer.history.curve("margin", 10**6)
    assert [math.isnan(x) for x in curve.lower] == [True] * 20 + [False] * 10
    assert not np.isnan(trainer.history.curve("loss", 10**6).lower).any()
    trainer.go_to(Position(10, 0, 0))
    trainer.change("learning_rate", 0.5)
    trainer.run(15)
    curve = trainer.history.curve("margin", 10**6)
    assert [math.isnan(x) for x in curve.lower] == [True] * 10 + [False] * 5


BAD = {
    "None": (lambda t: None, "not None"),
    "text": (lambda t: "0.5", "not '0.5'"),
    "bytes": (lambda t: b"1", "not b'1'"),
    "complex": (lambda t: np.complex64(1), "not np.complex64"),
    "array": (lambda t: np.zeros(1), "not array"),
    "huge": (lambda t: 10**400, "not 1000"),
    "method": (lambda t: t.run, "not <bound method"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_number_is_said_in_one_line(kind):
    function, says = BAD[kind]
    trainer = build()
    trainer.metric("margin", function)
    with pytest.raises(MetricError) as raised:
        trainer.step_epoch()
    assert trainer.failure is raised.value
    assert str(raised.value).startswith(f"the metric 'margin' must return a number, {says}")
    assert len(str(raised.value)) < 120


GOOD = (1, True, 0.1, np.float32(0.1), np.int64(-3), np.array(2.5), math.nan, math.inf, -math.inf)


@pytest.mark.parametrize("value", GOOD, ids=repr)
def test_any_number_will_do(value):
    trainer = build()
    trainer.metric("margin", lambda t: value)
    trainer.run(5)
    assert same(trainer.measured.margin, float(value))
    lower = trainer.history.curve("margin", 9).lower
    assert all(x == value or (math.isnan(x) and not math.isfinite(value)) for x in lower)


def test_one_that_raises_pauses_once_after_all_else_has_been_measured():
    trainer, seen = build(), []

    def fails(t):
        if t.epoch in (4, 9):
            raise KeyError(t.epoch)
        return t.epoch

    trainer.metric("fails", fails)
    trainer.metric("margin", margin)
    trainer.subscribe(events.EpochMeasured, seen.append)
    for epoch in (4, 9):
        with pytest.raises(KeyError, match=str(epoch)) as raised:
            trainer.run()
        assert trainer.failure is raised.value
        assert (trainer.epoch, trainer.program[trainer.operation].name) == (epoch, "loss.backward")
        assert math.isnan(seen[-1].fails)
        assert math.isfinite(seen[-1].margin)
    trainer.run()
    assert trainer.done
    assert [event.epoch for event in seen] == list(range(60))
    missing = [k for k, x in enumerate(trainer.history.curve("fails", 60).lower) if math.isnan(x)]
    assert missing == [4, 9]
    trainer.go_to(Position(6, 0, 0))  # over an epoch whose error was told when it was new
    assert (trainer.epoch, trainer.previous.epoch) == (6, 4)


def test_one_that_raises_hides_no_loss_that_has_become_nan():
    trainer, seen = build(), []
    trainer.metric("digits", lambda t: round(-math.log10(t.measured.loss)))
    trainer.subscribe(events.LossNotFinite, seen.append)
    trainer.run(5)
    trainer.network.layers[0].weights[:] = math.nan
    with pytest.raises(ValueError, match="cannot convert float NaN to integer"):
        trainer.run()
    assert [event.epoch for event in seen] == [5]


# -- history ---------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 4)), min_size=1, max_size=5),
    st.sampled_from([4, 16, 64]),
    st.data(),
)
def test_curves_of_metrics_that_were_added_on_the_way(parts, capacity, data):
    history, told, sent = History(capacity), [], []
    history.sink = lambda values: sent.extend(values.tolist())
    names = [f"m{k}" for k in range(20)]
    width, numbers = 0, st.floats(-9, 9) | st.just(math.nan)
    for epochs, more in parts:
        width += more
        for _ in range(epochs):
            values = data.draw(st.lists(numbers, min_size=width, max_size=width))
            history.append(history.epochs, dict(zip(names, values, strict=False)))
            told.append(values)
    history.settle()
    assert len(sent) == len(told)
    assert all(
        same(a, b) for x, y in zip(sent, told, strict=True) for a, b in zip(x, y, strict=True)
    )
    for k in range(width):
        curve = history.curve(names[k], 10**6)
        if not curve.lower:
            continue
        for i, low in enumerate(curve.lower):
            near = told[i * history.span : (i + 1) * history.span]
            there = [row[k] for row in near if len(row) > k and math.isfinite(row[k])]
            assert low == min(there) if there else math.isnan(low)
    assert history.curve("other", 9).lower == []


# -- conditions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("margin > 0.001", lambda m, b: m.margin > 0.001),
        ("margin > previous(margin) and epoch > 20", lambda m, b: m.epoch > 20 and m.margin > b),
        ("l2.dense_1 > 1.01 * previous(l2.dense_1)", None),
        ("isnan(margin)", lambda m, b: False),
    ],
)
def test_a_condition_asks_for_it_by_name(text, holds):
    trainer, seen = build(learning_rate=1.0), []
    trainer.metric("margin", margin)
    trainer.metric("l2.dense_1", lambda t: (t.network.layers[0].weights ** 2).sum())
    trainer.breakpoints.add(text)
    trainer.subscribe(events.EpochMeasured, seen.append)
    trainer.run()
    if holds is None:
        values = [getattr(event, "l2.dense_1") for event in seen]
        held = [k for k in range(1, len(values)) if values[k] > 1.01 * values[k - 1]]
    else:
        before = [math.nan, *(event.margin for event in seen)]
        held = [k for k, event in enumerate(seen) if holds(event, before[k])]
    assert held == ([] if trainer.done else [trainer.epoch - 1])


def test_a_name_that_no_metric_has_is_rejected_with_those_there_are():
    trainer = build()
    with pytest.raises(ConditionError, match="there is no 'margin'"):
        trainer.breakpoints.add("margin > 0.5")
    with pytest.raises(ConditionError, match=r"previous takes one of loss, accuracy$"):
        trainer.breakpoints.add("previous(margin) > 0.5")
    trainer.metric("margin", margin)
    trainer.breakpoints.add("margin > 0.5")
    with pytest.raises(ConditionError, match="did you mean 'margin'"):
        trainer.breakpoints.add("margi > 0.5")
    with pytest.raises(ConditionError, match=r"previous takes one of loss, accuracy, margin$"):
        trainer.breakpoints.add("previous(epoch) > 0.5")


# -- what a screen is sent -------------------------------------------------------------------------


def test_a_client_is_greeted_with_the_metrics_and_hears_of_new_ones():
    trainer = build()
    trainer.metric("margin", margin, direction="more", format=".2f", low=0)
    session = Session(trainer, RUN)
    (told,) = (e for e in session.greeting() if isinstance(e, events.MetricsChanged))
    (sent,) = Unpacker(SessionEvent).feed(pack(told))
    assert sent.metrics == [*BUILT_IN, Metric("margin", "more", ".2f", 0.0)]
    trainer.metric("other", margin)
    (told,) = (e for e in session.outbox if isinstance(e, events.MetricsChanged))
    assert [metric.name for metric in told.metrics] == ["loss", "accuracy", "margin", "other"]


def test_a_frame_holds_the_curves_that_were_asked_for_and_no_others():
    trainer = build()
    for k in range(20):
        trainer.metric(f"m{k}", margin)
    session = Session(trainer, RUN)
    trainer.run(30)
    trainer.go_to(Position(10, 0, 0))
    session.handle(commands.Fork())
    for wanted in ([], ["m3"], ["loss", "m19", "unknown"]):
        frame = session.frame(Subscribe([CurvesQuery(wanted, 20, 100)]))
        assert list(frame.answer(Curves).curves) == wanted
        assert [list(ghost.curves) for ghost in frame.answer(Curves).ghosts] == [wanted] * bool(
            wanted
        )
        assert len(frame.metrics) == 22
    assert session.frame(Subscribe([CurvesQuery(["loss"], 0, 100)])).answer(Curves).curves == {}
    known = {b.name: b.metrics for b in session.outbox[-1].branches}
    assert len(known["main"]) == 22


def test_a_client_can_ask_for_the_curves_of_all_metrics():
    names = [f"{k:x<60}" for k in range(100, 100 + MOST_METRICS)]
    wanted = Subscribe(
        [
            CurvesQuery(names, 10_000, 4 * 10**12),
            SamplesQuery(10**15, 500),
            InsideQuery(array="x" * 60),
        ]
    )
    assert Unpacker(SessionCommand, LARGEST_COMMAND).feed(pack(wanted)) == [wanted]

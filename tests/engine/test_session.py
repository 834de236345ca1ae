"""The session: commands in, events and frames out, no process."""

import math

import pytest

from engine import commands, events
from engine.commands import Subscribe
from engine.service.build import build_trainer
from engine.service.description import Description
from engine.service.ladder import step
from engine.service.session import Session
from engine.service.wire import Unpacker, pack

ALL = Subscribe(points=40, span=100, first=0, rows=5)


def build(**options):
    description = Description(**{"samples": 10, "hidden": (4,), "epochs": 40, **options})
    return Session(build_trainer(description), description)


def settle(session):
    for _ in range(1000):
        if not session.running:
            return session.frame(ALL)
        session.advance(0.01)
    raise AssertionError("it never ends")


def names(session):
    told = [type(event).__name__ for event in session.outbox]
    session.outbox.clear()
    return told


def test_a_run_to_its_end_and_further():
    session = build()
    frame = settle(session)
    assert (frame.status, frame.epoch, frame.epochs) == ("completed", 39, 40)
    assert names(session) == ["TrainingCompleted"]
    session.handle(commands.Resume())
    assert names(session) == ["Rejected"]
    session.handle(commands.TrainFurther(10))
    assert settle(session).epoch == 49


def test_pause_step_go_to_and_resume():
    session = build(paused=True)
    assert session.frame(ALL).samples.rows == []
    session.handle(commands.Step("epoch"))
    frame = settle(session)
    assert (frame.epoch, frame.status, frame.reason) == (0, "paused", "step")
    session.handle(commands.GoTo(20))
    assert settle(session).epoch == 20
    session.handle(commands.GoTo(10, relative=True))
    assert settle(session).epoch == 30
    names(session)
    session.handle(commands.GoTo(40))
    assert names(session) == ["Rejected"]
    session.handle(commands.GoTo(3))
    assert settle(session).epoch == 3
    session.handle(commands.Resume())
    session.handle(commands.Pause())
    assert session.frame(ALL).reason == "user"


def test_rates_are_marked_at_their_epoch_and_forgotten_on_restart():
    session = build(paused=True)
    session.handle(commands.GoTo(5))
    settle(session)
    session.handle(commands.NudgeLearningRate(1))
    session.handle(commands.NudgeLearningRate(1))
    assert session.frame(ALL).rate_changes == [(6, 0.5)]
    session.handle(commands.SetLearningRate(-1))
    session.handle(commands.SetLearningRate(math.nan))
    assert names(session)[-2:] == ["Rejected", "Rejected"]
    session.handle(commands.Restart(new_weights=True))
    assert session.frame(ALL).rate_changes == []


def test_speed_goes_from_one_epoch_a_second_to_no_limit():
    session = build()
    assert session.speed is None
    session.handle(commands.NudgeSpeed(-1))
    assert session.speed == 1000
    for _ in range(20):
        session.handle(commands.NudgeSpeed(-1))
    assert session.speed == 1
    for _ in range(20):
        session.handle(commands.NudgeSpeed(1))
    assert session.speed is None


def test_a_loss_that_is_no_number_pauses_with_the_reason():
    session = build(paused=True)
    session.trainer.network.parameters[:] = math.nan
    session.handle(commands.Resume())
    frame = settle(session)
    assert (frame.status, frame.reason, frame.loss) == ("paused", "alert", frame.loss)
    assert "NaN" in frame.message
    assert frame.curves["loss"].lower == [None]
    decoded = Unpacker(events.SessionEvent).feed(pack(frame))[0]
    assert decoded.samples.rows[0].probabilities == [None] * 3


@pytest.mark.parametrize("order", ["all", "wrong", "uncertain"])
def test_samples_scroll_through_all_rows_in_any_order(order):
    session = build()
    settle(session)
    samples = session.frame(Subscribe(0, 0, 10**6, 7, order)).samples
    assert samples.first == max(0, samples.total - 7)
    assert len(samples.rows) == min(7, samples.total)
    for row in samples.rows:
        assert sum(row.probabilities) == pytest.approx(1)
        if order == "wrong":
            assert row.predicted != row.true_class


def test_messages_survive_any_cut():
    session = build()
    settle(session)
    stream = b"".join(pack(m) for m in (session.welcome(), session.frame(ALL)))
    unpacker, got = Unpacker(events.SessionEvent), []
    for k in range(0, len(stream), 7):
        got += unpacker.feed(stream[k : k + 7])
    assert got == [session.welcome(), session.frame(ALL)]


def test_the_ladder():
    assert [step(0.1, k) for k in (1, 2, 3, -1, -3)] == [0.2, 0.5, 1.0, 0.05, 0.01]
    assert (step(0.03, 1), step(0.03, -1)) == (0.05, 0.02)

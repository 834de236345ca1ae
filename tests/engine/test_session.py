"""The session: commands in, events and frames out, no process."""

import math

import pytest

from engine.debugging import timeline
from engine.protocol import commands, events, frames
from engine.protocol.commands import Subscribe
from engine.protocol.views.curves import Curves, CurvesQuery
from engine.protocol.views.samples import Samples, SamplesQuery
from engine.protocol.wire import Unpacker, pack
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service import session as service
from engine.service.answers import samples
from engine.service.ladder import step
from engine.service.session import Session

ALL = Subscribe([CurvesQuery(["loss", "accuracy"], 40, 100), SamplesQuery(0, 5)])


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
    assert session.frame(ALL).answer(Samples).rows == []
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


def test_a_step_is_done_before_anything_is_shown_of_it():
    session = build(paused=True)
    for unit in ("operation", "epoch", "batch"):
        session.handle(commands.Step(unit))
        assert session.frame(ALL).status == "paused"
    assert session.trainer.position[:2] == (2, 0)


def test_rates_are_marked_at_their_epoch_and_forgotten_on_restart():
    session = build(paused=True)
    session.handle(commands.GoTo(5))
    settle(session)
    session.handle(commands.NudgeLearningRate(1))
    session.handle(commands.NudgeLearningRate(1))
    assert session.frame(ALL).answer(Curves).rate_changes == [(6, 0.5)]
    session.handle(commands.SetLearningRate(-1))
    session.handle(commands.SetLearningRate(math.nan))
    assert names(session)[-2:] == ["Rejected", "Rejected"]
    session.handle(commands.Restart(new_weights=True))
    assert session.frame(ALL).answer(Curves).rate_changes == []


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
    session.trainer.network.layers[0].weights[:] = math.nan
    session.handle(commands.Resume())
    frame = settle(session)
    assert (frame.status, frame.reason, frame.metrics["loss"]) == (
        "paused",
        "alert",
        frame.metrics["loss"],
    )
    assert "NaN" in frame.message
    assert frame.answer(Curves).curves["loss"].lower == [None]
    decoded = Unpacker(frames.SessionEvent).feed(pack(frame))[0]
    assert decoded.answer(Samples).rows[0].probabilities == [None] * 3


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("order", ["data", "loss", "uncertain"])
def test_samples_scroll_through_all_rows_in_any_order(order, wrong):
    session = build()
    settle(session)
    samples = session.frame(Subscribe([SamplesQuery(10**6, 7, order, wrong)])).answer(Samples)
    assert samples.first == max(0, samples.total - 7)
    assert len(samples.rows) == min(7, samples.total)
    for row in samples.rows:
        assert sum(row.probabilities) == pytest.approx(1)
        if wrong:
            assert row.predicted != row.true_class


def test_messages_survive_any_cut():
    session = build()
    settle(session)
    told = [*session.greeting(), session.frame(ALL)]
    stream = b"".join(map(pack, told))
    unpacker, got = Unpacker(frames.SessionEvent), []
    for k in range(0, len(stream), 7):
        got += unpacker.feed(stream[k : k + 7])
    assert got == told


def test_names_that_are_no_text_are_sent_escaped():
    message = events.Failed("'\udcff.csv' holds no rows")
    (got,) = Unpacker(frames.SessionEvent).feed(pack(message))
    assert got.message == "'\\udcff.csv' holds no rows"


def test_the_ladder():
    assert [step(0.1, k) for k in (1, 2, 3, -1, -3)] == [0.2, 0.5, 1.0, 0.05, 0.01]
    assert (step(0.03, 1), step(0.03, -1)) == (0.05, 0.02)


def test_steps_back_and_on_come_to_the_same_figures():
    session = build(paused=True, batch_size=7)
    session.handle(commands.GoTo(20))
    there = settle(session)
    for unit, times in (("epoch", 5), ("batch", 7), ("operation", 30)):
        for back in (True, False):
            for _ in range(times):
                session.handle(commands.Step(unit, back))
                frame = settle(session)
                assert (frame.status, frame.reached) == ("paused", 20)
        assert frame.metrics["loss"] == there.metrics["loss"]
        assert frame.answer(Samples) == there.answer(Samples)
    assert "Rejected" not in names(session)


def test_the_beginning_and_the_end_are_said():
    session = build(paused=True)
    session.handle(commands.Step("operation", back=True))
    assert names(session) == ["Rejected"]
    session.handle(commands.GoTo(-50, relative=True))
    assert settle(session).metrics == {}
    session.handle(commands.Resume())
    assert settle(session).status == "completed"
    session.handle(commands.GoTo(12))
    assert settle(session).status == "paused"
    session.handle(commands.GoTo(39))
    assert settle(session).status == "completed"


def test_going_on_from_the_past_to_what_is_not_yet_known():
    session = build(paused=True)
    session.handle(commands.GoTo(20))
    settle(session)
    session.handle(commands.GoTo(3))
    assert settle(session).reached == 20
    session.handle(commands.GoTo(30))
    frame = settle(session)
    assert (frame.epoch, frame.reached, frame.status) == (30, 30, "paused")


def test_breakpoints_are_set_hit_and_gone_back_to():
    session = build(paused=True, samples=5)
    session.handle(commands.SetBreakpoint("epoch == 7 or epoch == 30"))
    session.handle(commands.SetBreakpoint("loss <"))
    assert names(session) == ["BreakpointsChanged", "Rejected"]
    session.handle(commands.Resume())
    frame = settle(session)
    assert (frame.epoch, frame.reason) == (7, "breakpoint")
    assert "breakpoint 1: epoch == 7" in frame.message
    session.handle(commands.Resume())
    assert settle(session).epoch == 30
    session.handle(commands.RunBack())
    frame = settle(session)
    assert (frame.epoch, frame.reason) == (7, "breakpoint")
    names(session)
    session.handle(commands.RunBack())
    assert settle(session).epoch == 7
    assert "Rejected" in names(session)
    session.handle(commands.SwitchBreakpoint(1))
    session.handle(commands.RunBack())
    assert names(session) == ["BreakpointsChanged", "Rejected"]
    session.handle(commands.RemoveBreakpoint(1))
    assert session.outbox[-1].breakpoints == []


def test_an_edit_shows_at_once_and_is_taken_back():
    session = build(paused=True)
    session.handle(commands.Edit("dense_2.biases[1] = 9"))
    frame = session.frame(ALL)
    assert frame.edited
    assert {row.predicted for row in frame.answer(Samples).rows} == {1}
    assert "dense_2.biases[0, 1] 0 → 9: loss" in frame.message
    session.handle(commands.Undo())
    frame = session.frame(ALL)
    assert not frame.edited
    assert frame.message == ""
    names(session)
    for wrong in (commands.Undo(), commands.Edit("loss = 1"), commands.Edit("data.y[0] = 0.5")):
        session.handle(wrong)
        assert names(session) == ["Rejected"]
    session.handle(commands.Resume())
    session.handle(commands.Edit("dense_2.biases[1] = 9"))
    assert names(session) == ["Resumed", "Rejected"]


def test_what_if_and_back_to_what_was():
    session = build(paused=True)
    session.handle(commands.GoTo(30))
    settle(session)
    session.handle(commands.Fork())
    assert names(session)[-1] == "Rejected"
    session.handle(commands.GoTo(10))
    settle(session)
    session.handle(commands.NudgeLearningRate(3))
    session.handle(commands.GoTo(25))
    frame = settle(session)
    assert (frame.branch, frame.reached, frame.longest) == ("branch_1", 25, 30)
    assert len(frame.answer(Curves).ghosts) == 1
    told = [e for e in session.outbox if isinstance(e, events.BranchesChanged)][-1]
    assert told.current == "branch_1"
    main, branch = told.branches
    assert (main.epoch, branch.parent, branch.left) == (30, "main", 11)
    assert branch.reason == "learning_rate 0.1 → 1"
    session.handle(commands.GoOver("main"))
    frame = settle(session)
    assert (frame.branch, frame.epoch, frame.metrics["loss"]) == ("main", 30, main.metrics["loss"])
    session.handle(commands.GoOver("nowhere"))
    assert names(session)[-1] == "Rejected"


def slow(session, monkeypatch):
    """Let every pass of the program be one turn, as with a network that takes long."""
    monkeypatch.setattr(timeline, "BREATH", 0.0)
    monkeypatch.setattr(service, "AT_ONCE", 0.0)
    session.trainer.timeline.due = math.inf
    session.trainer.timeline.memory = 0
    return session


def test_a_journey_stops_at_once_where_it_is(monkeypatch):
    session = slow(build(paused=True), monkeypatch)
    session.handle(commands.GoTo(30))
    settle(session)
    session.handle(commands.GoTo(20))
    for _ in range(5):
        session.advance(0)
    assert session.running
    session.handle(commands.Pause())
    frame = session.frame(ALL)
    assert (frame.status, frame.reason) == ("paused", "user")
    assert 0 < frame.epoch < 20
    assert frame.reached == 30
    here = session.trainer.epoch
    session.handle(commands.GoTo(30))
    settle(session)
    session.handle(commands.GoTo(here - 1))
    assert settle(session).metrics["loss"] == frame.metrics["loss"]


def test_a_journey_that_is_stopped_keeps_the_changes_on_its_way(monkeypatch):
    session = slow(build(paused=True), monkeypatch)
    for k in range(24):
        session.handle(commands.Step("epoch"))
        settle(session)
        session.handle(commands.NudgeLearningRate(1 if k % 2 else -1))
    rates = [0.1, *(c.after for c in session.trainer.timeline.branch.changes)]
    weights = session.trainer.network.parameters.copy()
    for turns in range(1, 24):
        session.handle(commands.Step("epoch", back=True))
        for _ in range(turns):
            session.advance(0)
        session.handle(commands.Pause())
        assert session.trainer.optimizer.learning_rate == rates[session.trainer.epoch]
        session.handle(commands.GoTo(23))
        settle(session)
        assert (session.trainer.network.parameters == weights).all()


def test_what_is_asked_for_during_a_journey_is_done_at_its_end(monkeypatch):
    session = slow(build(paused=True), monkeypatch)
    session.handle(commands.GoTo(30))
    settle(session)
    session.handle(commands.GoTo(20))
    session.handle(commands.Step("epoch", back=True))
    session.handle(commands.Step("epoch", back=True))
    session.handle(commands.SetLearningRate(0.5))
    session.handle(commands.SetBreakpoint("loss < 0"))
    frame = settle(session)
    assert (frame.epoch, frame.answer(Curves).rate_changes) == (18, [(19, 0.5)])
    session.handle(commands.GoTo(5))
    for _ in range(30):
        session.handle(commands.Step("epoch", back=True))
    assert names(session)[-1] == "Rejected"
    session.handle(commands.Pause())
    assert not session.running


def test_whatever_a_command_raises_is_rejected(monkeypatch, capsys):
    session = build(paused=True)

    def fail(*arguments):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(session.trainer, "change", fail)
    session.handle(commands.SetLearningRate(0.5))
    (event,) = session.outbox
    assert event.message == "that has failed: RuntimeError: out of luck"
    assert "Traceback" in capsys.readouterr().err
    session.handle(commands.Resume())
    assert settle(session).status == "completed"


def test_a_breakpoint_at_the_last_epoch_leaves_the_run_completed():
    session = build(paused=True)
    session.handle(commands.SetBreakpoint("epoch == 39"))
    session.handle(commands.Resume())
    frame = settle(session)
    assert (frame.status, frame.epoch) == ("completed", 39)
    assert frame.message == "breakpoint 1: epoch == 39"
    session.handle(commands.TrainFurther(5))
    assert settle(session).epoch == 44


def test_an_edit_after_completion_leaves_the_run_completed():
    session = build()
    settle(session)
    session.handle(commands.Edit("dense_2.biases[1] = 9"))
    assert session.frame(ALL).status == "completed"
    names(session)
    session.handle(commands.Resume())
    assert names(session) == ["Rejected"]
    session.handle(commands.TrainFurther(5))
    assert settle(session).epoch == 44
    session.handle(commands.GoTo(3))
    settle(session)
    names(session)
    session.handle(commands.TrainFurther(5))
    assert names(session) == ["Rejected"]


@pytest.mark.parametrize("value", ["-1", "nan", "5", "1e400"])
def test_the_seed_is_no_target_of_an_edit(value):
    session = build(paused=True)
    before = session.trainer.network.parameters.copy()
    session.handle(commands.Edit(f"seed = {value}"))
    assert names(session) == ["Rejected"]
    assert (session.trainer.network.parameters == before).all()
    assert session.trainer.seed == 0


def test_a_client_that_attaches_later_hears_what_is_not_recorded_too():
    session = build()
    for _ in range(2):
        session.warn("not recorded: epochs (disk full)")
    assert names(session) == ["NotRecorded"]
    assert session.greeting()[-1] == events.NotRecorded("not recorded: epochs (disk full)")
    session.warn("")
    assert session.outbox == [events.NotRecorded("")]
    assert not any(isinstance(event, events.NotRecorded) for event in session.greeting())


def test_the_ladder_takes_any_number_of_steps_at_once():
    assert step(0.1, 10**9) == math.inf
    assert step(0.1, -(10**9)) == 0
    assert step(0.1, 30) == 1e9
    assert step(5e-324, 1) > 5e-324
    assert math.isnan(step(math.nan, 1))


def test_rows_of_very_many_classes_are_fewer_than_asked_for(monkeypatch):
    monkeypatch.setattr(samples, "MOST_PROBABILITIES", 7)
    session = build(paused=True)
    session.handle(commands.Step("epoch"))
    settle(session)
    seen = session.frame(Subscribe([SamplesQuery(29, 5)])).answer(Samples)
    assert (seen.first, len(seen.rows)) == (28, 2)

"""Metrics that are drawn beside others, as those of a validation set, and the line of the data."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Static

from engine import Dataset, Dense, GradientDescent, Network, ReLU, SoftmaxCrossEntropy, Trainer
from engine.protocol import commands
from engine.runs.description import Description
from engine.service.session import Session
from tests.conftest import InProcess
from tests.thin import thinned
from tui.app import Monitor
from tui.views.curves.view import CurvesView

NOTE = (
    "40 samples, 2 features standardised, label: cultivar (2 classes), left out: id, name, street"
)


async def settle(pilot):
    for _ in range(5):
        await pilot.pause()


@pytest.fixture
def validated(monkeypatch):
    """Make an app over a run with a validation set, and a note on its data."""
    monkeypatch.setenv("TEXTUAL_THEME", "nntui-dark")

    def make(at=100, note=NOTE):
        random = np.random.RandomState(0)
        X = random.uniform(-1, 1, (60, 2))
        y = (X[:, 0] * X[:, 1] + 0.2 * random.randn(60) > 0).astype(int)
        data = Dataset(X[:40], y[:40], note=note, validation=(X[40:], y[40:]))
        network = Network([Dense(2, 16, random), ReLU(), Dense(16, 2, random)])
        trainer = Trainer(
            network, SoftmaxCrossEntropy(), GradientDescent(1.0), data, epochs=400, seed=0
        )
        session = Session(trainer, Description(paused=True, name="wine"))
        session.handle(commands.GoTo(at))
        while session.running:
            session.advance(1)
        session.outbox.clear()
        return Monitor(InProcess(session), Path("/the/run/log"))

    return make


@pytest.mark.parametrize(
    ("size", "theme"),
    thinned(product([(80, 24), (120, 35)], ["nntui-dark", "nntui-light", "ansi-dark"]), 3),
    ids=str,
)
def test_a_validation_curve_is_drawn_beside_the_training(snap_compare, validated, size, theme):
    async def run(pilot):
        pilot.app.theme = theme
        await settle(pilot)
        await pilot.press("g", *"60", "enter")
        await settle(pilot)

    assert snap_compare(validated(at=300), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 35), (200, 50)], ids=str)
async def test_it_has_no_chart_of_its_own_and_is_named_where_there_is_room(
    validated, screen_text, size
):
    app = validated()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        charts = app.query_one(CurvesView).shown
        names = [[m.name for m in (chart.metric, *chart.beside)] for chart in charts]
        assert names == [["loss", "validation_loss"], ["accuracy", "validation_accuracy"]]
        assert app._subscribed.queries[0].metrics == [name for both in names for name in both]
        text, values = screen_text(app), app.frame.metrics
        title = f"loss {values['loss']:.4f} · validation {values['validation_loss']:.4f}"
        assert (title in text) == (size[0] > 40)
        # In the line of the state as well, where that is long.
        assert (f"val_acc {values['validation_accuracy']:.3f}" in text) == (size[0] >= 120)
        assert "training set" not in text


async def test_the_branches_have_it_as_well(validated, screen_text):
    app = validated()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("o")
        await settle(pilot)
        values = app.frame.metrics
        assert "val_loss  val_acc" in screen_text(app)
        assert f"{values['validation_loss']:.4f}    {values['validation_accuracy']:.3f}" in (
            screen_text(app)
        )


async def test_without_one_the_accuracy_says_of_what_it_is(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert f"accuracy {app.frame.metrics['accuracy']:.3f} · training set" in screen_text(app)


async def test_any_metric_is_drawn_on_the_chart_of_another(monitor, screen_text):
    app = monitor(at=5)
    trainer = app.connection.session.trainer
    trainer.metric("twice", lambda t: 2 * t.measured.loss, beside="loss")
    trainer.metric("thrice", lambda t: 3 * t.measured.loss, beside="loss")
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await pilot.press(*"nnn", "y")
        await settle(pilot)
        charts = app.query_one(CurvesView).shown
        assert [[m.name for m in (chart.metric, *chart.beside)] for chart in charts] == [
            ["loss", "twice", "thrice"],
            ["accuracy"],
        ]
        loss = app.frame.metrics["loss"]
        assert f"· twice {2 * loss:.4f} · thrice {3 * loss:.4f}" in screen_text(app)
        drawn = {ink for line in charts[0]._lines for text, ink in line if text.strip(" \u2800│┤")}
        assert {"accent", "second", "third"} <= drawn
    with pytest.raises(ValueError, match="these have one: loss, accuracy"):
        trainer.metric("other", lambda t: 1.0, beside="twice")


@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=str)
async def test_what_was_understood_of_the_data_has_a_line(validated, screen_text, size):
    app = validated()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        second = screen_text(app).splitlines()[1].strip()
        assert second == NOTE if len(NOTE) <= size[0] - 2 else second == NOTE[: size[0] - 3] + "…"
        found = {c.title: c.callback for c in app.get_system_commands(app.screen)}
        found["Describe the data"]()
        await settle(pilot)
        assert str(app.screen.query_one(Static).content) == NOTE
        assert "label: cultivar (2 classes)" in screen_text(app).split(" data ")[1]


async def test_without_a_note_there_is_no_line_for_it(validated, screen_text):
    app = validated(note="")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "paused" in screen_text(app).splitlines()[1]

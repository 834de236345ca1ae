"""What does not depend on how busy a machine is: calls, allocations, bytes, messages, modules."""

import math
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from rich.color import ColorSystem
from textual.css.stylesheet import Stylesheet

from engine.kernels import accuracy, dense, losses, optimizers, products, relu, softmax
from engine.protocol import commands
from engine.protocol.views.curves import CurvesQuery
from engine.protocol.views.samples import SamplesQuery
from engine.protocol.wire import pack
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service.session import Session
from tui.app import Monitor


class Counting:
    """NumPy, but it counts the calls of its functions."""

    def __init__(self):
        self.calls = 0

    def __getattr__(self, name):
        thing = getattr(np, name)
        if isinstance(thing, np.ufunc):
            counted = self._counted(thing)
            counted.reduce = self._counted(thing.reduce)
            return counted
        counted = "copyto", "count_nonzero", "dot", "einsum"
        return self._counted(thing) if name in counted else thing

    def _counted(self, function):
        def call(*arguments, **options):
            self.calls += 1
            return function(*arguments, **options)

        return call


@pytest.mark.parametrize("samples", [100, 1000])
def test_an_epoch_makes_few_calls_whatever_its_size(samples, monkeypatch):
    counting = Counting()
    for module in (accuracy, dense, losses, optimizers, products, relu, softmax):
        monkeypatch.setattr(module, "np", counting)
    trainer = build_trainer(Description(samples=samples))
    trainer.run(3)
    counting.calls = 0
    trainer.step_epoch()
    assert 24 <= counting.calls <= 31


@pytest.mark.parametrize(
    "options", [{}, {"batch_size": 30}, {"batch_size": 512}, {"hidden": (64, 64, 64)}], ids=str
)
def test_an_epoch_allocates_next_to_nothing(options):
    trainer = build_trainer(Description(samples=1000, epochs=10**6, **options))
    trainer.run(20)
    trainer.timeline.due = math.inf  # snapshots have a bound of their own
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    trainer.run(40)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    one_activation = 8 * 64 * trainer.batch_size
    assert peak < max(64_000, one_activation / 3)


def test_the_history_of_many_epochs_takes_no_more_memory():
    trainer = build_trainer(Description(samples=2, hidden=(2,), epochs=10**6))
    trainer.timeline.due = math.inf
    tracemalloc.start()
    trainer.run(20_000)
    before = tracemalloc.get_traced_memory()[0]
    trainer.run(60_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 50_000


def test_a_frame_is_a_few_kilobytes_however_long_the_run():
    description = Description(samples=50, hidden=(4,), epochs=10**6)
    session = Session(build_trainer(description), description)
    sizes = []
    for epochs in (2_000, 20_000):
        session.trainer.run(epochs)
        wanted = commands.Subscribe(
            [CurvesQuery(["loss", "accuracy"], 60, epochs), SamplesQuery(0, 7)]
        )
        sizes.append(len(pack(session.frame(wanted))))
    assert max(sizes) < 5_000
    assert sizes[1] < 1.2 * sizes[0]


async def test_a_recorded_run_is_told_the_terminal_in_few_bytes(monitor):
    """Twenty frames of a noisy run at 80×24, each written as its difference from the last."""
    app = monitor(at=0, learning_rate=1.0, epochs=4000)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(4):
            await pilot.pause()
        whole = written(app)
        frames = []
        for epoch in range(3000, 3040, 2):
            app.send(commands.GoTo(epoch))
            for _ in range(4):
                await pilot.pause()
            frames.append(written(app))
    assert 3_000 < whole < 9_000
    assert sum(frames) / len(frames) < 1_300


async def test_opening_reads_the_stylesheet_once(monitor, monkeypatch):
    again = []
    monkeypatch.setattr(Stylesheet, "reparse", lambda self: again.append(self))
    app = monitor(at=0)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert not again
        app.theme = "nntui-light"
        await pilot.pause()
        assert again


def written(app: Monitor) -> int:
    """Bytes that would bring a terminal from the last state to what the app shows now."""
    update = app.screen._compositor.render_full_update()
    if not app.shown._lines:
        app.shown.forget(app.size)
    return len(app.shown.write(update, ColorSystem.TRUECOLOR).encode())


def test_version_and_help_import_little():
    code = (
        "import sys; sys.argv = ['nntui', '--version']\n"
        "from tui.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(len(sys.modules), [m for m in ('numpy', 'textual', 'asyncio', 'rich')"
        " if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules, heavy = done.stderr.split(" ", 1)
    assert heavy.strip() == "[]"
    assert int(modules) < 220

"""What it costs that a training can be gone back in, and how long going back takes."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from threadpoolctl import threadpool_limits

from benchmarks.measure import MILLISECONDS, Row, alone, beside
from engine import Position
from engine.debugging.trainer import Trainer
from engine.runs.build import build_trainer
from engine.runs.database import create
from engine.runs.description import Description
from engine.runs.recorder import Recorder
from engine.runs.run import Run
from engine.training.history import History


def rows(quick: bool) -> Iterator[Row]:
    """Measure the price of the past, and the way back."""
    with threadpool_limits(1):
        yield from _price(1000, 30 if quick else 200)
        yield from _ways_back(quick)


def _price(epochs: int, turns: int) -> list[Row]:
    """Measure one training in turns of a few milliseconds, on the same arrays.

    Two of them differ by more than the price, only by where their arrays lie in memory.
    """
    description = Description(epochs=2 * epochs * (turns + 1))
    trainer = build_trainer(description)
    plain = History()
    with tempfile.TemporaryDirectory() as home:
        create(Path(home))
        recorder = Recorder(trainer, Run(Path(home), description))
        _run(trainer, epochs)
        rows = beside(
            f"{epochs:,} epochs with snapshots, journal and record, no breakpoint set",
            lambda: _run(trainer, epochs),
            {"the bare program": (lambda: _run_bare(trainer, plain, epochs), 1.01)},
            turns,
            MILLISECONDS,
            rest=0,
        )
        recorder.close("stopped")
    return rows


def _run(trainer: Trainer, epochs: int) -> float:
    start = perf_counter()
    trainer.run(trainer.epoch + epochs)
    return perf_counter() - start


def _run_bare(trainer: Trainer, plain: History, epochs: int) -> float:
    """The same program and history, without anything that remembers or watches."""
    measure_at, length, until = trainer._measure_at, len(trainer.program), trainer.epoch + epochs
    recorded, trainer.history = trainer.history, plain
    start = perf_counter()
    while trainer.epoch < until:
        trainer.advance(measure_at)
        if trainer._pausing:
            break
        trainer.advance(length)
        if trainer._pausing or perf_counter() < 0:
            break
    seconds = perf_counter() - start
    trainer.history = recorded
    return seconds


def _ways_back(quick: bool) -> Iterator[Row]:
    draw = random.Random(0)
    for epochs, budget in ((100_000, 50), (1_000_000, 1000)):
        if quick and epochs > 100_000:
            return
        trainer = build_trainer(Description(epochs=epochs))
        trainer.run()
        steps, jumps = [], []
        for _ in range(30):
            jumps.append(_time(trainer, draw.randrange(epochs)))
            steps += [_time(trainer, max(0, trainer.epoch - 1)) for _ in range(3)]
        kept = sum(b.snapshots.nbytes for b in trainer.timeline.branches)
        if epochs == 100_000:
            yield _worst(f"one epoch back in a run of {epochs:,}, worst of {len(steps)}", steps, 50)
        what = f"a jump in a run of {epochs:,}, worst of {len(jumps)}"
        yield _worst(f"{what} (snapshots: {kept / 1e6:.0f} MB)", jumps, max(budget, 1000))


def _worst(what: str, seconds: list[float], budget: float) -> Row:
    row = alone(what, seconds, MILLISECONDS, budget)
    row.figure = row.greatest
    return row


def _time(trainer: Trainer, epoch: int) -> float:
    start = perf_counter()
    trainer.go_to(Position(epoch, 0, 0))
    return perf_counter() - start

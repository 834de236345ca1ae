"""What it costs that a training can be gone back in, and how long going back takes."""

import random
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

from threadpoolctl import threadpool_limits

from benchmarks.measure import MILLISECONDS, Row, alone, beside
from engine import Position
from engine.service.build import build_trainer
from engine.service.description import Description
from engine.service.record import Recorder
from engine.training.trainer import Trainer


def rows(quick: bool) -> Iterator[Row]:
    """Measure the price of the past, and the way back."""
    epochs, turns = (10_000, 5) if quick else (40_000, 11)
    with threadpool_limits(1):
        yield from beside(
            f"{epochs:,} epochs with snapshots, journal and record, no breakpoint set",
            partial(_with_a_past, epochs),
            {"the bare program": (partial(_bare, epochs), 1.01)},
            turns,
            MILLISECONDS,
        )
        yield from _ways_back(quick)


def _with_a_past(epochs: int) -> float:
    trainer = build_trainer(Description(epochs=epochs))
    with tempfile.TemporaryDirectory() as home:
        recorder = Recorder(trainer, Path(home))
        start = perf_counter()
        trainer.run()
        seconds = perf_counter() - start
        recorder.close()
    return seconds


def _bare(epochs: int) -> float:
    """The same program and history, without anything that remembers or watches."""
    trainer = build_trainer(Description(epochs=epochs))
    measure_at, length = trainer._measure_at, len(trainer.program)
    start = perf_counter()
    while trainer.epoch < epochs:
        trainer.advance(measure_at)
        if trainer._pausing:
            break
        trainer.advance(length)
        if trainer._pausing or perf_counter() < 0:
            break
    return perf_counter() - start


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

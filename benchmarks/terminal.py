"""What a person meets: a real program in a pseudo-terminal, at full speed."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import MILLISECONDS, Row, Unit, alone
from tests.end_to_end.conftest import workers
from tests.end_to_end.terminal import Terminal

BYTES = Unit("B/s")
MEBIBYTES = Unit("MB", 1e-6)
SIZES = {(80, 24): 8000, (200, 50): 25000}
VIEWS = {"1": "both", "2": "curves", "3": "samples", "4": "inside", "5": "layers"}
ONLY_IN = {
    "1": r"╭─ loss[\s\S]*─ samples ·",
    "2": r"\A(?![\s\S]*─ samples ·)[\s\S]*╭─ loss",
    "3": r"\A(?![\s\S]*╭─ loss)[\s\S]*─ samples ·",
    "4": r"dense_1\.forward",
    "5": r"inactive +mean",
}
BRAILLE = "[\u2801-\u28ff]"


def rows(quick: bool) -> Iterator[Row]:
    """Measure first paint, and in each view bytes and keys."""
    yield from _opening(5 if quick else 15)
    for size, budget in SIZES.items():
        name = f"{size[0]}×{size[1]}"
        with _full_speed(size) as (terminal, home):
            keys = {}
            for key, view in VIEWS.items():
                terminal.press(key, patience=1)
                rates = _bytes(terminal, quick)
                yield alone(f"to the terminal, {name}, {view}", rates, BYTES, budget)
                keys[view] = _keys(terminal, 6 if quick else 40)
            slowest = max(keys, key=lambda view: statistics.median(keys[view]))
            what = f"a key to its effect, {name}"
            yield alone(f"{what}, median of {slowest}", keys[slowest], MILLISECONDS, 30)
            worst = max(map(max, keys.values()))
            yield alone(f"{what}, worst of all views", [worst], MILLISECONDS, 100)
            opening = _openings(terminal, 1 if quick else 5)
            yield alone(f"opening a view, {name}", opening, MILLISECONDS, 100)
            yield alone(
                f"memory, both processes, {name}", [_memory(terminal, home)], MEBIBYTES, 130
            )


@contextmanager
def _full_speed(size: tuple[int, int]) -> Iterator[tuple[Terminal, Path]]:
    with tempfile.TemporaryDirectory() as home:
        terminal = Terminal("--seed", "0", "--epochs", str(10**8), size=size, home=home)
        terminal.until("running")
        terminal.pump(2)
        try:
            yield terminal, Path(home)
        finally:
            terminal.close()


def _opening(turns: int) -> list[Row]:
    paints, curves = [], []
    for _ in range(turns):
        with tempfile.TemporaryDirectory() as home:
            begun = time.monotonic()
            terminal = Terminal("--seed", "0", "--epochs", str(10**8), home=home)
            terminal.until(r"\S")
            paints.append(time.monotonic() - begun)
            terminal.until(BRAILLE)
            curves.append(time.monotonic() - begun)
            terminal.close()
    return [
        alone("first paint", paints, MILLISECONDS, 450),
        alone("first curve", curves, MILLISECONDS, 900),
    ]


def _bytes(terminal: Terminal, quick: bool) -> list[float]:
    """Bytes a second, over some stretches of three seconds."""
    rates = []
    for _ in range(2 if quick else 6):
        before, begun = len(terminal.output), time.monotonic()
        terminal.pump(3)
        rates.append((len(terminal.output) - before) / (time.monotonic() - begun))
    return rates


def _keys(terminal: Terminal, presses: int) -> list[float]:
    """Seconds from a key to the new learning rate on the screen."""
    waits = []
    for k in range(presses):
        key, rate = (("+", "0.2"), ("-", "0.1"))[k % 2]
        terminal.press(key, patience=0)
        waits.append(terminal.seconds_until(rf"lr {rate}\b"))
        terminal.pump(0.1 + 0.01 * (k % 7))
    return waits


def _openings(terminal: Terminal, turns: int) -> list[float]:
    """Seconds from the key of a view to what is only in it."""
    waits = []
    for key in [*VIEWS] * turns:
        terminal.press(key, patience=0)
        waits.append(terminal.seconds_until(ONLY_IN[key]))
        terminal.pump(0.3)
    return waits


def _memory(terminal: Terminal, home: Path) -> float:
    """Bytes resident, in the screen and its worker."""
    processes = [terminal.child.pid, *workers(home)]
    return sum(_resident(process) for process in processes)


def _resident(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

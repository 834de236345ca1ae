"""What a person meets: a real program in a pseudo-terminal, at full speed."""

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
BRAILLE = "[\u2801-\u28ff]"


def rows(quick: bool) -> Iterator[Row]:
    """Measure first paint, bytes, keys and memory."""
    yield from _opening(5 if quick else 15)
    for size, budget in SIZES.items():
        name = f"{size[0]}×{size[1]}"
        with _full_speed(size) as (terminal, home):
            yield alone(f"to the terminal, {name}", _bytes(terminal, quick), BYTES, budget)
            keys = _keys(terminal, 14 if quick else 100)
            yield alone(f"a key to its effect, median, {name}", keys, MILLISECONDS, 30)
            yield alone(f"a key to its effect, worst, {name}", [max(keys)], MILLISECONDS, 100)
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


def _memory(terminal: Terminal, home: Path) -> float:
    """Bytes resident, in the screen and its worker."""
    processes = [terminal.child.pid, *workers(home)]
    return sum(_resident(process) for process in processes)


def _resident(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

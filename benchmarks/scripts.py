"""What it costs that a person's own script can be stopped at each statement, and gone back in."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.measure import MILLISECONDS, Row, alone, beside
from engine.scripts.places import Position
from engine.scripts.script import Script
from tests.engine.scripts.strangers import PROGRAMS

PLAIN = "plain Python"
# What is timed is the loop alone, by the script itself.
TIMED = """
import sys, time
started = time.perf_counter()
{loop}
print((time.perf_counter() - started) / {iterations}, file=sys.stderr)
"""


@dataclass(frozen=True)
class Subject:
    """A script of the tests, the text of its loop's head, and what follows its loop."""

    name: str
    head: str
    after: str
    iterations: int

    def write(self, home: Path) -> Path:
        """Write it with a loop of so many iterations, which is timed."""
        text = (PROGRAMS / f"{self.name}.py").read_text()
        start, end = text.index(self.head), text.index(self.after)
        counted = f"{self.head.partition('range')[0]}range({self.iterations}):"
        loop = text[start:end].replace(self.head, counted)
        timed = TIMED.format(loop=loop, iterations=self.iterations)
        path = home / f"{self.name}.py"
        path.write_text(text[:start] + timed + text[end:])
        return path


NOTEBOOK = Subject("notebook", "for epoch in range(10001):", "\n# lets see", 6000)
PURE = Subject("pure", "for step in range(40):", "\nprint([", 2000)


def rows(quick: bool) -> Iterator[Row]:
    """Measure the notebook, a script that is nothing but Python, and steps back."""
    with tempfile.TemporaryDirectory() as home:
        for subject, what in ((NOTEBOOK, "the notebook"), (PURE, "plain Python objects")):
            path = subject.write(Path(home))
            yield from beside(
                f"an iteration of a script, {what}, each statement a place to stop",
                partial(_debugged, path),
                {PLAIN: (partial(_plain, path), 1.10)},
                5 if quick else 21,
            )
        back = _back(NOTEBOOK.write(Path(home)), 5000, 20)
        yield alone("an iteration back in a script", back, MILLISECONDS, 50)


def _plain(path: Path) -> float:
    done = subprocess.run([sys.executable, path], capture_output=True, check=True)
    return float(done.stderr)


def _debugged(path: Path) -> float:
    with Script(path) as script:
        script.run()
        return float(script.logs["stderr"])


def _back(path: Path, start: int, steps: int) -> list[float]:
    taken = []
    with Script(path) as script:
        script.go_to(Position(start))
        for iteration in range(start - 1, start - 1 - steps, -1):
            begun = perf_counter()
            script.go_to(Position(iteration))
            taken.append(perf_counter() - begun)
    return taken

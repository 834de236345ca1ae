"""``python -m benchmarks.tables [ROWS]``: reading a table, beside pandas.read_csv alone.

Each in a process of its own and in turns: the time, and the memory at its greatest above what
Python takes with pandas and nntui imported.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

COLUMNS = 20
ROUNDS = 3


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    matrix = rows * COLUMNS * 8 / 1e6
    print(f"{rows:,} rows by {COLUMNS} numbers and a label; as a matrix {matrix:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        for digits in (6, 18):
            path = Path(folder, f"{digits}.csv")
            write(path, rows, digits)
            turns = [(child("pandas", path), child("nntui", path)) for _ in range(ROUNDS)]
            theirs, ours = (statistics.median(t[k][0] for t in turns) for k in (0, 1))
            ratio = statistics.median(o[0] / t[0] for t, o in turns)
            memory = statistics.median(o[1] for _, o in turns)
            print(
                f"{digits} digits: pandas {theirs:.2f} s, nntui {ours:.2f} s, ratio {ratio:.2f} "
                f"(at most 2); memory {memory:.0f} MB, {memory / matrix:.2f} of the matrix "
                "(at most 3)"
            )


def write(path: Path, rows: int, digits: int) -> None:
    random = np.random.default_rng(0)
    with path.open("w") as file:
        file.write(",".join([*(f"x{k}" for k in range(COLUMNS)), "label"]) + "\n")
        for first in range(0, rows, 100_000):
            X = random.normal(size=(min(100_000, rows - first), COLUMNS))
            y = random.integers(0, 3, (len(X), 1))
            np.savetxt(
                file, np.hstack([X, y]), delimiter=",", fmt=[f"%.{digits - 1}e"] * COLUMNS + ["%d"]
            )


def child(what: str, path: Path) -> tuple[float, float]:
    """Return the seconds and the megabytes of a reading in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.tables", "--read", what, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def read(what: str, path: Path) -> None:
    import pandas as pd

    from engine.data.files import load

    small = path.with_name(f"{what}.csv")
    small.write_text("a,label\n1,x\n2,y\n")
    load(small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    data = pd.read_csv(path) if what == "pandas" else load(path)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    del data
    print(seconds, (after - before) / 1000)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(sys.argv[2], Path(sys.argv[3]))
    else:
        main()

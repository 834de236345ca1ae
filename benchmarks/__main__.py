"""``python -m benchmarks`` measures side by side, in turns, and prints medians as a table.

It needs the ``dev`` extra, and two processor cores with nothing else to do. With the ``bench``
extra it also measures what others take for the same.
"""

import argparse
import json
import os
import platform
from datetime import date
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from benchmarks import debugger, engine, scripts, terminal, worker
from benchmarks.measure import HEAD
from benchmarks.peers import PEERS, installed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns, in two minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    missing = ", ".join(sorted(set(PEERS) - set(installed())))
    if missing:
        print(f"not installed, so not measured: {missing} (pip install 'nntui[bench]')")
    print(f"{date.today()}, {machine()}\n\n{HEAD}", flush=True)
    rows = []
    # The peers last: their threads and memory would delay what is started after them.
    for part in (terminal, worker, debugger, scripts, engine):
        for row in part.rows(options.quick):
            print(row, flush=True)
            rows.append(row.as_dict())
    if options.json:
        figures = {"date": str(date.today()), "machine": machine(), "rows": rows}
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")


def machine() -> str:
    """Name what the figures depend on."""
    kernels = {f"{info['internal_api']} {info.get('architecture')}" for info in threadpool_info()}
    return (
        f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" NumPy {np.__version__} with {', '.join(sorted(kernels))}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()

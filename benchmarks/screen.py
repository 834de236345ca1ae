"""``python -m benchmarks.screen DIRECTORY`` puts one more screen on a run that is being trained."""

import socket
import sys
from pathlib import Path

from engine.runs.run import Run
from engine.service.client import Connection
from tui.app import Monitor


def main() -> None:
    """Attach, and watch until the session or the terminal ends."""
    run = Run(Path(sys.argv[1]))
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(run.socket))
    Monitor(Connection(line), run.log).run()


if __name__ == "__main__":
    main()

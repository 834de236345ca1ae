"""The command line, in a process of its own."""

import os
import subprocess
import sys

NNTUI = [sys.executable, "-m", "tui"]


def nntui(*arguments, prefix=(), home=None, **options):
    """Run a command to its end; its runs are kept in ``home``, if that is given."""
    if home:
        options["env"] = {**os.environ, "XDG_STATE_HOME": str(home)}
    command = [*prefix, *NNTUI, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)

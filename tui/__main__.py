"""``python -m tui`` is ``nntui``."""

import os
import sys

# Python has put the current folder first on the path; what lies there is no program of ours.
HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
if not sys.flags.safe_path and os.path.realpath(sys.path[0]) != HOME:
    del sys.path[0]

from tui.cli import main  # noqa: E402

main()

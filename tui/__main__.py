"""``python -m tui`` is ``nntui``."""

from tui.cli import main

main()

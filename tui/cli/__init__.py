"""The command line. Nothing heavy is imported before it is needed."""

from tui.cli.group import main as main

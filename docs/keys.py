"""Writes ``docs/keys.md`` from the tables of keys: ``python docs/keys.py``."""

from collections.abc import Iterable
from pathlib import Path

from tui.key import Key
from tui.keys import SHOWING, STEPPING, TRAINING, VIEWS

PAGE = Path(__file__).with_name("keys.md")
INTRODUCTION = """\
# Keys

`?` shows them in nntui, and `ctrl+p` opens a palette that finds each by name. The names of the
third column are those that a config file binds anew: `nntui config` prints where it is, and an
example.
"""
VIEW_TITLES = {
    "curves": "Charts (views 1 and 2)",
    "samples": "Samples (views 1 and 3)",
    "inside": "Inside an operation (view 4)",
    "layers": "Layers (view 5)",
}


def page() -> str:
    """Return the page."""
    parts = [
        INTRODUCTION,
        _table("Moving and stopping", STEPPING),
        _table("Training", TRAINING),
        _table("Views", SHOWING),
        *(_table(VIEW_TITLES.get(view.NAME, view.NAME.title()), view.KEYS) for view in VIEWS),
    ]
    return "\n".join(parts)


def _table(title: str, keys: Iterable[Key]) -> str:
    rows = [f"| `{key.shown}` | {key.text} | `{key.id}` |" for key in keys]
    return "\n".join([f"## {title}\n", "| key | what it does | name |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

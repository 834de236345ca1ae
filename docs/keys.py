"""Writes ``docs/keys.md`` from the tables of keys: ``python docs/keys.py``."""

from collections.abc import Iterable
from pathlib import Path

from tui.key import Key
from tui.keys import TABLES, VIEWS

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
NOTES = {
    "curves": """\
A chart shows the mean of each column's epochs over a dim band from minimum to maximum, and marks at
its edge what lies far beyond the rest. Other branches stand behind it, named by what differs. The
cursor reads out its epoch; events are changes, stops, branches and spikes. The wheel zooms, too.
""",
    "samples": """\
A row is a sample: its true and its predicted class, its loss, its first features, and how likely
the network takes each class to be. After an edit while it is paused, it is what would be predicted.
""",
    "inside": """\
On the left are the operations of an epoch. Of one of them there are its formula, the arrays that it
reads and writes, and of one array the figures, a histogram, a heatmap and the numbers. What the
last step changed stands out.
""",
    "layers": """\
A row is a layer, with norms of its weights and gradients, and the share of its dead units. What is
beyond the usual is marked, and a sentence says what it is, and since when.
""",
}


def page() -> str:
    """Return the page."""
    parts = [
        INTRODUCTION,
        *(_table(name.capitalize(), keys) for name, keys in TABLES.items()),
        *(_table(VIEW_TITLES[view.NAME], view.KEYS, NOTES[view.NAME]) for view in VIEWS),
    ]
    return "\n".join(parts)


def _table(title: str, keys: Iterable[Key], note: str = "") -> str:
    rows = [f"| `{key.shown}` | {key.text} | `{key.id}` |" for key in keys]
    head = [
        f"## {title}\n",
        *filter(None, [note]),
        "| key | what it does | name |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

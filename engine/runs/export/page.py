"""A run as one page of HTML, with its curves and what was done to it, that needs no network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape

import msgspec

from engine.runs.export.curves import Curves
from engine.runs.export.svg import picture

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:760px;margin:2em auto;padding:0 1em;"
    "color:#222}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2em .8em"
    " .2em 0;border-bottom:1px solid #eee;vertical-align:top}svg{max-width:100%;height:auto}"
    "td:first-child{white-space:nowrap}code{font-size:90%}"
)


def page(curves: Curves) -> str:
    """Return the page."""
    progress, environment = curves.journal.progress, curves.journal.environment
    done = max((int(b.epochs[-1]) + 1 for b in curves.branches if len(b.epochs)), default=0)
    facts = {
        "status": progress.status,
        "epochs": f"{done:,} of {progress.epochs:,}",
        "branches": ", ".join(b.name for b in curves.branches),
        "NumPy": f"{environment.numpy}, {environment.blas}, {environment.threads} threads",
    }
    events = _table(_done(curves), ("time", "epoch", "branch", "what"))
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<title>{escape(curves.run)}</title><style>{STYLE}</style>"
        f"<h1>{escape(curves.run)}</h1>{_table(facts.items())}{picture(curves)}"
        f"<h2>What was done</h2>{events}</html>\n"
    )


def _done(curves: Curves) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for time, branch, place, what, detail in curves.events:
        epoch = msgspec.json.decode(place)[0]
        fields = msgspec.json.decode(detail)
        fields.pop("type", None)
        said = " ".join([what, *(f"{name}={value}" for name, value in fields.items())])
        when = datetime.fromtimestamp(time).strftime("%Y-%m-%d %H:%M:%S")
        rows.append((when, f"{epoch:,}", branch, said))
    return rows or [("nothing",)]


def _table(rows: Iterable[Iterable[object]], head: tuple[str, ...] = ()) -> str:
    cells = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    top = "<tr>" + "".join(f"<th>{name}</th>" for name in head) + "</tr>" if head else ""
    return f"<table>{top}{cells}</table>"

"""``nntui predict``: what a trained network says of new rows."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import click

from engine.runs.description import SourceError
from engine.runs.files import reason
from engine.runs.names import RunNameError
from tui.cli.messages import complain, say
from tui.cli.run_argument import RunArgument
from tui.cli.types import DataFile, WeightsFile


@click.command("predict", short_help="Predict the classes of new rows with a run's network.")
@click.argument("run", metavar="RUN", type=RunArgument())
@click.argument("file", type=DataFile(), metavar="FILE")
@click.option(
    "--weights", type=WeightsFile(), default="", help="Use these weights, not the run's last ones."
)
@click.option("--output", type=click.Path(dir_okay=False), help="Write the CSV to this file.")
def command(run: str, file: str, weights: str, output: str | None) -> int:
    """Predict the classes of new rows with the network of a run, and write them as CSV.

    RUN is a run's name or its directory. FILE, or - for standard input, has the columns that the
    run was trained on, in any order; its label may be absent. Each row of the output holds the
    row's id if the run's table has such a column, else its number, the predicted class, and the
    probability of each class.
    """
    from engine.runs.predict import predict
    from engine.runs.run import Run

    try:
        prediction = predict(Run.find(run), Path(file), weights)
    except (FileNotFoundError, RunNameError) as error:
        return complain(str(error), 2)
    except SourceError as error:
        return complain(str(error), 1)
    for remark in prediction.remarks:
        say(remark)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(prediction.table())
    if output is None:
        sys.stdout.write(text.getvalue())
        sys.stdout.flush()
        return 0
    try:
        Path(output).write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        return complain(f"the predictions cannot be written: {reason(error)}", 1)
    return 0

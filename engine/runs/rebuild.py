"""What a recorded run is built from again."""

from __future__ import annotations

import msgspec

from engine.runs.database import RecordError, reading
from engine.runs.description import Description, SourceError, is_share
from engine.runs.files import reason, shown
from engine.runs.journal import Journal, read_journal
from engine.runs.run import Run


def read_run(run: Run) -> Journal:
    """Return the journal of a run; SourceError if it cannot be read."""
    assert run.directory
    try:
        with reading(run.directory) as database:
            return read_journal(database)
    except OSError as error:
        raise SourceError(f"the run cannot be read: {reason(error)}") from None
    except RecordError as error:
        raise SourceError(f"the run in {shown(run.directory)} cannot be used: {error}") from None


def description_again(run: Run, journal: Journal) -> Description:
    """Return what a run is built from again, from wherever; SourceError if a file is gone.

    Its breakpoints are those of the journal.
    """
    description, folder = run.located, journal.environment.source_folder
    fields = {} if description.is_toy else {"source": folder / description.source}
    if not is_share(description.validation):
        fields["validation"] = folder / description.validation
    for path in fields.values():
        if not path.is_file():
            raise SourceError(f"the run cannot be built again: {shown(path)} is no longer there")
    labels = description.label or ""
    if labels.lower().endswith(".npy") and (folder / labels).is_file():
        fields["label"] = folder / labels
    paths = {name: str(path) for name, path in fields.items()}
    return msgspec.structs.replace(description, **paths, breakpoints=())

"""The worker process, whose `main` is run by `engine.service.client.Worker`.

It builds the run that the first line of its standard input describes, and serves it, whatever
becomes of the process that started it. Only a run that is not recorded ends with that process,
since nobody could find it again: there, standard input is also its lifeline.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

from engine.protocol import events
from engine.protocol.wire import pack
from engine.runs import address
from engine.runs.files import reason, shown
from engine.runs.inputs import exit_on_signals
from engine.runs.lock import is_held
from engine.runs.peer import is_own
from engine.runs.run import Run
from engine.service.log import log_stream

if TYPE_CHECKING:
    from engine.debugging.trainer import Trainer

PATIENCE = 30.0  # seconds to wait for a client that is told why there is no run
SAVING = threading.Lock()  # held while weights are written, which must not be cut short


def main() -> None:
    """Build, listen, serve."""
    sys.stdout, sys.stderr = log_stream(1), log_stream(2)
    run = Run.from_line(sys.stdin.buffer.readline())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if run.directory is None:
        threading.Thread(target=_watch_lifeline, args=(os.dup(0),), daemon=True).start()
    if run.directory and not is_held(run.directory):
        address.remove_stale(run.socket)  # of a worker that was killed
    try:
        listener = address.listen(run.socket)
    except OSError as error:
        sys.exit(f"there can be no socket at {shown(run.socket)}: {reason(error)}")
    try:
        with exit_on_signals():
            _serve(run, listener)
    finally:
        address.remove(run.socket)
        run.remove_copies()


def _watch_lifeline(lifeline: int) -> None:
    while os.read(lifeline, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.5)
    with SAVING:
        os._exit(1)


def _serve(run: Run, listener: socket.socket) -> None:
    from engine.runs.description import SourceError
    from engine.runs.opening import opened
    from engine.service.server import Server
    from engine.service.session import Session

    try:
        with opened(run) as held:
            session = Session(held.trainer, held.description, str(run.log), held.recorder)
            session.warn(run.problem)
            server, failure = Server(session, listener), ""
            signal.signal(signal.SIGTERM, lambda number, frame: server.end())
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                server.serve()
            except Exception as error:
                traceback.print_exc()
                failure = f"{type(error).__name__}: {error}"
            finally:
                status = session.close(failure)
                ended = events.Ended(status, _save_weights(held.trainer, run))
                server.tell_last(events.Failed(failure) if failure else ended)
                server.close()
    except SourceError as error:
        _tell_failure(listener, str(error))


def _save_weights(trainer: Trainer, run: Run) -> str:
    """Save the last weights; return that they are not saved, if they are not."""
    from engine.runs.weights import NotSavedError, save_last_weights

    try:
        with SAVING:
            save_last_weights(trainer, run)
    except NotSavedError as error:
        print(error)
        why = f"; the run's log says why: {run.log}" if run.directory else ""
        return f"the weights are not saved to {run.description.weights}{why}"
    return ""


def _tell_failure(listener: socket.socket, message: str) -> None:
    """Tell the first client of this user that there is no run."""
    listener.settimeout(PATIENCE)
    with contextlib.suppress(OSError):
        while True:
            stream, _ = listener.accept()
            with stream:
                if is_own(stream):
                    return stream.sendall(pack(events.Failed(message)))

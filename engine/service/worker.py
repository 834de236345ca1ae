"""The worker process: ``python -m engine.service.worker DIRECTORY``.

It builds the run that the directory describes and serves it. Its standard input is its lifeline:
when whoever started it is gone, that ends, and so does the worker.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path

from engine import events
from engine.service.run import Run
from engine.service.wire import pack


def main(directory: str) -> None:
    """Build, listen, serve."""
    run = Run(Path(directory))
    threading.Thread(target=_watch_lifeline, daemon=True).start()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(run.socket))
    listener.listen()
    try:
        _serve(run, listener)
    finally:
        run.socket.unlink(missing_ok=True)


def _watch_lifeline() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.5)
    os._exit(1)


def _serve(run: Run, listener: socket.socket) -> None:
    from engine.service.build import build_trainer
    from engine.service.description import SourceError
    from engine.service.record import Recorder
    from engine.service.server import Server
    from engine.service.session import Session
    from engine.service.threads import limit_threads

    description = run.description
    try:
        trainer = build_trainer(description)
    except SourceError as error:
        _tell_failure(listener, str(error))
        return
    with limit_threads(trainer):
        recorder = Recorder(trainer, run.directory)
        session = Session(trainer, description, str(run.log), recorder.save)
        server = Server(session, listener)
        signal.signal(signal.SIGTERM, lambda number, frame: server.end())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            server.serve()
        except Exception as error:
            traceback.print_exc()
            server.fail(f"{type(error).__name__}: {error}")
        finally:
            server.close()
            recorder.close()


def _tell_failure(listener: socket.socket, message: str) -> None:
    """Tell the first client that there is no run."""
    stream, _ = listener.accept()
    with stream:
        stream.sendall(pack(events.Failed(message)))


if __name__ == "__main__":
    main(sys.argv[1])

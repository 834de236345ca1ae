"""The worker process: ``python -m engine.service.worker``.

It builds the run that the first line of its standard input describes, and serves it. Standard input
is also its lifeline: when whoever started it is gone, that ends, and so does the worker.
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

from engine import events
from engine.service.log import log_stream
from engine.service.run import Run
from engine.service.wire import pack


def main() -> None:
    """Build, listen, serve."""
    sys.stdout, sys.stderr = log_stream(1), log_stream(2)
    run = Run.from_line(sys.stdin.buffer.readline())
    threading.Thread(target=_watch_lifeline, daemon=True).start()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(run.socket))
    listener.listen()
    try:
        _serve(run, listener)
    finally:
        with contextlib.suppress(OSError):
            run.socket.unlink()


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
        session = Session(trainer, description, str(run.log))
        session.warn(run.problem)
        recorder = None
        if run.directory:
            recorder = Recorder(trainer, description, run.directory, session.warn)
            session.record = recorder.save
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
            if recorder:
                recorder.close()


def _tell_failure(listener: socket.socket, message: str) -> None:
    """Tell the first client that there is no run."""
    stream, _ = listener.accept()
    with stream:
        stream.sendall(pack(events.Failed(message)))


if __name__ == "__main__":
    main()

"""Where the sockets of sessions lie, and who may connect to them."""

import contextlib
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from engine.protocol import commands, events, frames
from engine.protocol.wire import Unpacker, pack
from engine.runs import address
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.runs.peer import is_own
from engine.runs.run import Run
from engine.service import client
from engine.service.client import Connection, Worker
from engine.service.server import Server
from engine.service.session import Session
from tests.command import NNTUI

NOBODY = 65534
SMALL = Description(samples=10, hidden=(4,), epochs=20, paused=True)
as_another_user = pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")


@pytest.fixture
def tmp_path():
    """Return a folder with a short path that every user may enter."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Start workers whose state and temporary files are in a folder of the test."""
    workers = []
    for folder in ("temporary", "runtime"):
        (tmp_path / folder).mkdir(mode=0o700)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    def begin():
        workers.append(Worker(Run.create(SMALL)))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.end()


def mode(path):
    return oct(stat.S_IMODE(path.lstat().st_mode))


def far(monkeypatch, tmp_path):
    """Make the state's path too long for a socket."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ("long" * 30)))


def is_served(worker):
    with Connection.open(worker)._stream as stream:
        return isinstance(Connection(stream, 10).first(), events.Welcome)


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o777], ids=oct)
@pytest.mark.parametrize("place", ["state", "runtime", "temporary"])
def test_a_socket_is_its_owners_only(start, monkeypatch, tmp_path, umask, place):
    if place != "state":
        far(monkeypatch, tmp_path)
    if place == "runtime":
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    before = os.umask(umask)
    try:
        worker = start()
        assert is_served(worker)
        path = worker.run.socket
        assert (mode(path), mode(path.parent)) == ("0o600", "0o700")
        assert path.is_relative_to(tmp_path / place)
        worker.end()
        assert not path.exists()
    finally:
        os.umask(before)


def _file(path):
    path.write_text("")


def _link(path):
    path.symlink_to(path.with_name("elsewhere"))
    path.with_name("elsewhere").mkdir(mode=0o700)


def _open(path):
    path.mkdir()
    path.chmod(0o777)


def _foreign(path):
    path.mkdir(mode=0o700)
    os.chown(path, NOBODY, NOBODY)


@pytest.mark.parametrize(
    "take", [_file, _link, _open, pytest.param(_foreign, marks=as_another_user)]
)
def test_a_folder_that_is_not_private_is_avoided(start, monkeypatch, tmp_path, take):
    far(monkeypatch, tmp_path)
    taken = tmp_path / "temporary" / f"nntui-{os.geteuid()}"
    take(taken)
    worker = start()
    assert is_served(worker)
    folder = worker.run.socket.parent
    assert folder != taken
    assert (folder.parent, mode(folder)) == (taken.parent, "0o700")
    worker.end()
    assert not folder.exists()


def test_a_runtime_folder_that_others_may_enter_is_not_used(start, monkeypatch, tmp_path):
    far(monkeypatch, tmp_path)
    (tmp_path / "runtime").chmod(0o755)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    assert start().run.socket.is_relative_to(tmp_path / "temporary")


def test_something_at_the_place_of_a_socket_is_one_line_in_the_log(start, monkeypatch, tmp_path):
    taken = tmp_path / "temporary" / "taken"
    taken.write_text("")
    monkeypatch.setattr("engine.runs.run.fits", lambda path: False)
    monkeypatch.setattr("engine.runs.run.private_path", lambda name: taken)
    worker = start()
    with pytest.raises(ConnectionError, match="did not start"):
        Connection.open(worker)
    worker.process.wait(10)
    log = worker.run.log.read_text()
    assert log.startswith("there can be no socket at ")
    assert log.count("\n") == 1


# -- other users -----------------------------------------------------------------------------------


def as_nobody(action):
    """Do something in a process of another user; return the end of a pipe with what it returns."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        with contextlib.suppress(BaseException):
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            signal.alarm(20)
            os.write(writing, repr(action()).encode())
        os._exit(0)
    os.close(writing)
    return open(reading)


@as_another_user
def test_another_user_is_not_served(tmp_path):
    listener = address.listen(tmp_path / "socket")
    (tmp_path / "socket").chmod(0o666)
    server = Server(Session(build_trainer(SMALL), SMALL), listener)
    serving = threading.Thread(target=lambda: (server.serve(), server.close()))
    serving.start()
    path = str(tmp_path / "socket")

    def intrude():
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(10)
        line.connect(path)
        with contextlib.suppress(OSError):
            line.send(pack(commands.Shutdown()))
            return line.recv(100)
        return b""

    try:
        with as_nobody(intrude) as result:
            assert result.read() == "b''"
        assert serving.is_alive()
        with address.connect(tmp_path / "socket", 5) as own:
            assert own.recv(1000)
    finally:
        server.end()
        serving.join(10)


@as_another_user
def test_a_socket_of_another_user_is_not_connected_to(tmp_path):
    path = str(tmp_path / "socket")

    def lie_in_wait():
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        os.chmod(path, 0o777)
        return listener.accept()[0].recv(100)

    with as_nobody(lie_in_wait) as result:
        while not (tmp_path / "socket").exists():
            time.sleep(0.01)
        time.sleep(0.1)
        with pytest.raises(PermissionError, match="another user"):
            address.connect(tmp_path / "socket", 5)
        assert result.read() == "b''"


def test_both_ends_of_a_line_within_a_process_are_ones_own():
    one, two = socket.socketpair()
    with one, two:
        assert is_own(one)
        assert is_own(two)


# -- workers ---------------------------------------------------------------------------------------


def test_what_lies_in_the_current_folder_is_not_executed(start, monkeypatch, tmp_path):
    for name in ("engine", "selectors", "numpy", "msgspec"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert is_served(start())
    for command in (NNTUI, [str(Path(sys.executable).with_name("nntui"))]):
        arguments = [*command, "--epochs", "2", "--headless"]
        ended = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0
    assert not (tmp_path / "executed").exists()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
def test_more_clients_than_files_are_turned_away_and_the_worker_goes_on(start):
    worker = start()
    assert is_served(worker)
    process = worker.process.pid
    limit = len(os.listdir(f"/proc/{process}/fd")) + 2
    resource.prlimit(process, resource.RLIMIT_NOFILE, (limit, limit))
    with contextlib.ExitStack() as stack:
        heard = []
        for _ in range(8):
            line = stack.enter_context(address.connect(worker.run.socket, 10))
            heard += Unpacker(frames.SessionEvent).feed(line.recv(1 << 16))[:1]
    assert isinstance(heard[0], events.Welcome)
    assert isinstance(heard[-1], events.Failed)
    time.sleep(0.1)
    assert is_served(worker)


def test_a_worker_that_does_not_listen_is_given_up(start, monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", 0.2)
    worker = start()
    worker.process.send_signal(signal.SIGSTOP)
    worker.run.socket.unlink(missing_ok=True)
    with pytest.raises(ConnectionError, match="did not answer"):
        Connection.open(worker)


def test_a_worker_that_has_died_is_given_up(start):
    worker = start()
    worker.process.kill()
    worker.process.wait()
    address.remove(worker.run.socket)
    begun = time.monotonic()
    with pytest.raises(ConnectionError, match="did not start"):
        Connection.open(worker)
    assert time.monotonic() - begun < client.PATIENCE / 2


NONSENSE = {
    "garbage": b"\xff" * 1000,
    "too large": b"\xff\xff\xff\x7f",
    "no event": b"\x03\x00\x00\x00abc",
    "cut": b"\x10\x00\x00\x00\x81",
}


@pytest.mark.parametrize("sent", NONSENSE.values(), ids=NONSENSE)
async def test_a_server_that_sends_nonsense_ends_the_line_with_a_reason(sent):
    near, far = socket.socketpair()
    with near, far:
        far.sendall(pack(events.Resumed()) + sent)
        far.shutdown(socket.SHUT_WR)
        heard = [event async for event in Connection(near).events()]
        assert heard[0] == events.Resumed()
        if sent == NONSENSE["cut"]:
            assert len(heard) == 1
        else:
            assert "cannot be read" in heard[1].message
        assert len(heard) <= 2

"""A person's own file runs as with ``python FILE.py``, without a screen and in a worker."""

import json
import subprocess
import sys
import time

import pytest

from engine import events
from engine.commands import Drawn, SessionCommand, Subscribe
from engine.events import SessionEvent
from engine.service.client import Connection, Worker
from engine.service.description import Description
from engine.service.wire import Unpacker, pack

DATA = """
import numpy as np
from engine import *
X = np.random.uniform(-1, 1, (200, 2)); y = (X[:, 0] * X[:, 1] > 0).astype(int)
"""
TRAINER = """
trainer = Trainer(Network([Dense(2, 16), ReLU(), Dense(16, 2)]), SoftmaxCrossEntropy(),
                  GradientDescent(0.5), Dataset(X, y), epochs=30)
"""


@pytest.fixture(autouse=True)
def state(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def own(tmp_path):
    """Write a file, and run it without a screen."""

    def run(text, *arguments, name="mine.py", **options):
        (tmp_path / name).write_text(text)
        command = [sys.executable, "-m", "tui", str(tmp_path / name), "--json"]
        done = subprocess.run(
            [*command, "--log-every", "1", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )
        return done, [json.loads(line) for line in done.stdout.splitlines()]

    return run


class Client:
    """A worker on a file, and a client that hears all it says."""

    def __init__(self, source, **options):
        fields = {"epochs": None, "learning_rate": None, **options}
        self.worker = Worker(Description(source=str(source), **fields))
        self.stream = Connection.open(self.worker)._stream
        self.unpacker = Unpacker(SessionEvent)
        self.heard = []
        self.send(Subscribe(20, 100, 0, 5))

    def send(self, command: SessionCommand):
        self.stream.sendall(pack(command))

    def until(self, holds, seconds=20):
        """Return the first event, from now on, for which something holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            while self.heard:
                event = self.heard.pop(0)
                if isinstance(event, events.Frame):
                    self.send(Drawn())
                if holds(event):
                    return event
            self.stream.settimeout(max(0.01, deadline - time.monotonic()))
            self.heard += self.unpacker.feed(self.stream.recv(1 << 16))
        raise TimeoutError

    def frame(self, holds=lambda frame: True):
        return self.until(lambda event: isinstance(event, events.Frame) and holds(event))


@pytest.fixture
def watched(tmp_path):
    """Write a file, and start a worker on it."""
    clients = []

    def start(text, **options):
        path = tmp_path / "mine.py"
        path.write_text(text)
        clients.append(Client(path, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.stream.close()
        client.worker.end()


def test_a_file_finds_its_own_arguments_only(own, tmp_path):
    text = DATA + "import sys; print('argv', sys.argv)\n" + TRAINER
    done, _ = own(text, "--epochs", 2, "--", "--rate", "0.1", "x")
    assert done.returncode == 0
    assert f"argv {[str(tmp_path / 'mine.py'), '--rate', '0.1', 'x']}" in done.stderr
    assert "argv ['" + str(tmp_path / "mine.py") + "']" in own(text)[0].stderr


def test_arguments_after_a_source_that_takes_none_are_refused():
    command = [sys.executable, "-m", "tui", "spiral", "--headless", "--", "--rate"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (2, "nntui: only a FILE.py takes arguments: --rate\n")


def test_arguments_are_the_same_when_the_run_is_replayed(own):
    text = DATA + TRAINER.replace("0.5", "float(sys.argv[1])").replace("\nt", "\nimport sys\nt", 1)
    _, lines = own(text, "--name", "mine", "--", "0.25")
    assert lines[0]["learning_rate"] == 0.25
    again = subprocess.run(
        [sys.executable, "-m", "tui", "replay", "mine"], capture_output=True, text=True, timeout=60
    )
    assert again.stdout == "main: 30 epochs and the weights\nidentical\n"


def test_a_file_is_run_as_the_main_module_from_its_own_folder(own, tmp_path):
    (tmp_path / "selectors_of_mine.py").write_text("number = 30")
    main = "\nif __name__ == '__main__':\n    import selectors_of_mine" + TRAINER.replace(
        "\n", "\n    "
    )
    done, lines = own(DATA + main)
    assert (done.returncode, lines[-1]["status"]) == (0, "completed")


def test_a_file_whose_ending_is_in_capitals_runs(own):
    done, lines = own(DATA + TRAINER, name="UPPER.PY")
    assert (done.returncode, lines[-1]["status"]) == (0, "completed")


def test_what_a_file_prints_is_not_among_the_json_lines(own):
    noisy = "print('rows'); import os; os.system('echo from a shell')\n"
    callback = "trainer.subscribe(events.EpochMeasured, lambda e: print('epoch over'))\n"
    done, lines = own(DATA + noisy + TRAINER + "from engine import events\n" + callback)
    assert [line["type"] for line in lines] == ["run", *["epoch"] * 30, "end"]
    for printed in ("rows", "from a shell", "epoch over"):
        assert printed in done.stderr


ASKS = "name = input('Learning rate? ')\n"


def test_a_file_that_asks_gets_an_end_of_file_error_without_a_screen(own):
    done, _ = own(ASKS, input="0.1\n")
    assert done.returncode == 2
    assert ASKS.strip() in done.stderr
    assert "EOFError" in done.stderr
    assert "pass values as arguments, after --" in done.stderr


def test_a_file_that_asks_gets_an_end_of_file_error_in_a_worker(watched):
    failed = watched(ASKS).until(lambda event: isinstance(event, events.Failed))
    assert ASKS.strip() in failed.message
    assert "EOFError" in failed.message


def test_what_a_file_starts_in_a_worker_finds_standard_input_empty(watched):
    client = watched("import subprocess; subprocess.run(['cat'])\n" + DATA + TRAINER)
    assert client.frame(lambda frame: frame.status == "completed").epoch == 29


def test_the_seed_that_was_drawn_is_shown_and_gives_the_same_run(own):
    text = "import random\n" + DATA + "print('random', random.random())" + TRAINER
    first, lines = own(text)
    again, same = own(text, "--seed", lines[0]["seed"])
    other, others = own(text)
    assert [line.get("loss") for line in lines] == [line.get("loss") for line in same]
    assert first.stderr == again.stderr != other.stderr
    assert others[0]["seed"] != lines[0]["seed"]


def test_a_seed_that_the_file_gives_its_trainer_is_shown(own):
    _, lines = own(DATA + TRAINER.replace("epochs=30", "epochs=30, seed=5"), "--seed", 7)
    assert lines[0]["seed"] == 5

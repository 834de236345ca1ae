"""A person's own file runs as with ``python FILE.py``, without a screen and in a worker."""

import json
import signal
import subprocess
import sys
import time

import pytest

from engine.protocol import events, frames
from engine.protocol.commands import Drawn, GoTo, SessionCommand, Step, Subscribe
from engine.protocol.events import Position
from engine.protocol.frames import SessionEvent
from engine.protocol.views.curves import Curves, CurvesQuery
from engine.protocol.views.samples import SamplesQuery
from engine.protocol.wire import Unpacker, pack
from engine.service.client import Connection, Worker
from engine.service.description import Description

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
        self.send(
            Subscribe([CurvesQuery(["loss", "accuracy", "margin"], 20, 100), SamplesQuery(0, 5)])
        )

    def send(self, command: SessionCommand):
        self.stream.sendall(pack(command))

    def until(self, holds, seconds=20):
        """Return the first event, from now on, for which something holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            while self.heard:
                event = self.heard.pop(0)
                if isinstance(event, frames.Frame):
                    self.send(Drawn())
                if holds(event):
                    return event
            self.stream.settimeout(max(0.01, deadline - time.monotonic()))
            self.heard += self.unpacker.feed(self.stream.recv(1 << 16))
        raise TimeoutError

    def frame(self, holds=lambda frame: True):
        return self.until(lambda event: isinstance(event, frames.Frame) and holds(event))


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
    assert again.stdout == "main: 30 epochs and the state\nidentical\n"


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
    done, lines = own(DATA + noisy + TRAINER + "from engine.protocol import events\n" + callback)
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


def test_what_a_file_starts_without_a_screen_finds_standard_input_empty(own):
    text = "import subprocess; subprocess.run(['cat'])\n" + DATA + TRAINER
    done, lines = own(text, input="typed\n")
    assert lines[-1]["status"] == "completed"
    assert "typed" not in done.stderr


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


def failing(body):
    return (
        DATA
        + f"class Bad:\n    {body}\n"
        + "    def backward(self, dvalues): self.dinputs = dvalues\n"
        + TRAINER.replace("ReLU()", "Bad()")
    )


RAISES = failing("def forward(self, inputs): raise ValueError('my own error')")
DIVIDES = failing("def forward(self, inputs): self.output = inputs * (1 / 0)")
UPDATE = (
    DATA
    + """
class Bad:
    learning_rate, times = 0.5, 0
    def update_parameters(self, layer):
        self.times += 1
        layer.weights -= self.learning_rate * layer.dweights
        layer.biases -= self.learning_rate * layer.dbiases
        if self.times == 10: raise ValueError('my own error')
"""
    + TRAINER.replace("GradientDescent(0.5)", "Bad()")
)
CALLBACK = (
    DATA
    + TRAINER
    + """
def look(event):
    if event.epoch == 4: raise ValueError('my own error')
trainer.subscribe(EpochMeasured, look)
"""
)
METRIC = (
    DATA
    + TRAINER
    + """
def margin(t):
    if t.epoch == 4: raise ValueError('my own error')
    return t.epoch
trainer.metric("margin", margin)
"""
)
FAILURES = {
    "layer": (RAISES, "raise ValueError('my own error')", 0, "bad_1.forward"),
    "division": (DIVIDES, "ZeroDivisionError: division by zero", 0, "bad_1.forward"),
    "optimizer": (UPDATE, "raise ValueError('my own error')", 4, "optimizer.update"),
    "metric": (METRIC, "raise ValueError('my own error')", 4, "loss.backward"),
    "callback": (CALLBACK, "raise ValueError('my own error')", 4, "loss.backward"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_an_error_in_own_code_ends_a_run_without_a_screen_with_own_lines(own, kind):
    text, says, epoch, operation = FAILURES[kind]
    done, lines = own(text)
    assert (done.returncode, lines[-1]["status"]) == (1, "failed")
    assert says in done.stderr
    assert f"epoch {epoch}, before {operation}" in done.stderr
    files = [line.split('"')[1] for line in done.stderr.splitlines() if "File" in line]
    assert {file.rsplit("/")[-1] for file in files} == {"mine.py"}


@pytest.mark.parametrize("kind", FAILURES)
def test_an_error_in_own_code_pauses_before_the_operation_and_one_can_go_back(watched, kind):
    text, says, epoch, operation = FAILURES[kind]
    client = watched(text)
    paused = client.until(lambda event: isinstance(event, events.Paused))
    assert paused.reason == "error"
    assert paused.message.startswith(f"before {operation}: ")
    assert "mine.py, line " in paused.message
    frame = client.frame()
    assert (frame.status, frame.next, frame.epoch) == ("paused", operation, epoch)
    assert says in client.worker.run.log.read_text()
    assert "engine/" not in client.worker.run.log.read_text()
    client.send(Step("operation", back=True))
    client.frame(lambda frame: frame.next != operation)
    client.send(Step("operation"))
    assert client.frame(lambda frame: frame.next == operation).status == "paused"


ONCE = "from pathlib import Path\n" + failing(
    """def forward(self, inputs):
        self.output = inputs
        if Path(__file__).with_name('fail').exists(): raise ValueError('my own error')""",
)


def test_an_error_on_the_way_back_pauses_there_and_one_can_go_back_again(watched, tmp_path):
    client = watched(ONCE, epochs=20, memory=1)
    client.frame(lambda frame: frame.status == "completed")
    (tmp_path / "fail").touch()
    client.send(GoTo(15))
    paused = client.until(lambda event: isinstance(event, events.Paused))
    assert paused.reason == "error"
    assert paused.message.startswith("before bad_1.forward: ValueError: my own error (mine.py")
    frame = client.frame()
    assert (frame.status, frame.next, frame.reached) == ("paused", "bad_1.forward", 19)
    (tmp_path / "fail").unlink()
    client.send(GoTo(15))
    assert client.frame(lambda frame: frame.epoch == 15).status == "paused"


LAST = CALLBACK.replace("epoch == 4", "epoch == 29").replace("EpochMeasured", "EpochCompleted")


def test_an_update_that_raises_on_the_way_back_has_changed_nothing(monkeypatch):
    names = {}
    exec("import os" + UPDATE.replace("self.times == 10", "'FAIL' in os.environ"), names)
    trainer = names["trainer"]
    epochs = {}
    for epoch in range(1, 20):
        trainer.run(epoch)
        epochs[epoch] = trainer.network.parameters.copy()
    trainer.timeline.memory = 0  # so that it goes on from the beginning
    trainer.timeline.branch.snapshots.forget_from(Position(0, 0, 0))
    monkeypatch.setenv("FAIL", "1")
    with pytest.raises(ValueError, match="my own error"):
        trainer.go_to(Position(15, 0, 0))
    assert trainer.program[trainer.operation].name == "optimizer.update"
    assert trainer.epoch == 0
    monkeypatch.delenv("FAIL")
    trainer.go_to(Position(15, 0, 0))
    assert (trainer.network.parameters == epochs[15]).all()


def test_an_error_after_the_last_epoch_is_shown_beside_the_completion(watched):
    frame = watched(LAST).frame(lambda frame: frame.status == "completed")
    assert (frame.reason, "my own error" in frame.message) == ("error", True)


def test_an_error_during_a_replay_shows_own_lines(own, tmp_path):
    own(ONCE, "--name", "mine")
    (tmp_path / "fail").touch()
    shown = replayed("mine")
    assert shown[0].endswith("main cannot be replayed:")
    assert "raise ValueError('my own error')" in "\n".join(shown)
    assert shown[-1] == "ValueError: my own error"
    assert not any("engine/" in line for line in shown)


def test_an_interrupt_during_a_files_own_code_ends_it_quietly(tmp_path):
    (tmp_path / "mine.py").write_text("print('begun', flush=True)\nimport time; time.sleep(60)\n")
    command = [sys.executable, "-m", "tui", str(tmp_path / "mine.py"), "--headless"]
    running = subprocess.Popen(command, stdout=-1, stderr=-1, text=True)
    assert running.stdout.readline() == "begun\n"
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=10)
    assert (running.returncode, said.strip()) == (1, "")


def test_an_update_that_raised_has_changed_nothing(tmp_path):
    names = {}
    exec(UPDATE, names)
    trainer = names["trainer"]
    trainer.run(4)
    trainer.step_operation()
    for _ in range(len(trainer.program) - 2):
        trainer.step_operation()
    before = trainer.network.parameters.copy()
    for _ in range(2):
        trainer.optimizer.times = 8
        with pytest.raises(ValueError, match="my own error"):
            trainer.step_operation()
        assert (trainer.network.parameters == before).all()
        assert trainer.program[trainer.operation].name == "optimizer.update"


def test_a_file_that_has_trained_already_is_shown_as_it_is(own, watched):
    frame = watched(DATA + TRAINER + "trainer.run()").frame()
    assert (frame.status, frame.epoch, frame.next) == ("completed", 29, "dense_1.forward")
    assert len(frame.answer(Curves).curves["loss"].lower) > 1
    done, lines = own(DATA + TRAINER + "trainer.run()", "--name", "mine")
    assert (done.returncode, lines[-1]["status"]) == (0, "completed")
    again = subprocess.run(
        [sys.executable, "-m", "tui", "replay", "mine"], capture_output=True, text=True, timeout=60
    )
    assert again.stdout.endswith("identical\n")


WENT_BACK = """
from engine import Position
trainer.run(20)
trainer.go_to(Position(12, 0, 3))
"""
BRANCHED = """
from engine.protocol.views.curves import Curves, CurvesQuery
from engine.protocol.views.samples import SamplesQuery
from engine import Position
trainer.run(20)
trainer.go_to(Position(10, 0, 0))
trainer.change("learning_rate", 0.25)
trainer.run(15)
"""


def replayed(name):
    command = [sys.executable, "-m", "tui", "replay", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines() or done.stderr.splitlines()


def test_a_file_that_has_gone_back_is_shown_where_it_is(own, watched):
    client = watched(DATA + TRAINER + WENT_BACK, paused=True)
    frame = client.frame()
    assert (frame.epoch, frame.operation, frame.next) == (11, 3, "loss.forward")
    curve = frame.answer(Curves).curves["loss"]
    assert (frame.reached, len(curve.lower) * curve.span) == (19, 20)
    client.send(Step("epoch"))
    assert client.frame(lambda frame: frame.epoch == 12).reached == 19
    _, lines = own(DATA + TRAINER + WENT_BACK, "--name", "mine")
    assert [line["epoch"] for line in lines[1:-1]] == list(range(12, 30))
    assert replayed("mine") == ["main: 10 epochs and the state", "identical"]


def test_a_file_that_has_branched_is_shown_with_its_branches(own, watched):
    client = watched(DATA + TRAINER + BRANCHED, paused=True)
    branches = client.until(lambda event: isinstance(event, events.BranchesChanged))
    assert [(b.name, b.parent, b.left, b.epoch) for b in branches.branches] == [
        ("main", "", 0, 19),
        ("branch_1", "main", 10, 14),
    ]
    frame = client.frame()
    assert (frame.epoch, frame.branch, frame.learning_rate) == (14, "branch_1", 0.25)
    assert frame.answer(Curves).rate_changes == [(10, 0.25)]
    assert [ghost.name for ghost in frame.answer(Curves).ghosts] == ["lr 0.5"]
    own(DATA + TRAINER + BRANCHED, "--name", "mine")
    assert replayed("mine") == [
        "main: 0 epochs and the state",
        "branch_1: 15 epochs and the state",
        "identical",
    ]


LOSS = """
class Square:
    def forward(self, y_pred, y_true):
        self.targets = np.eye(y_pred.shape[1])[y_true]
        return np.mean((y_pred - self.targets) ** 2)
    def backward(self, dvalues, y_true):
        self.dinputs = 2 * (dvalues - self.targets) / dvalues.size
"""
DECAY = """
class Decay:
    learning_rate = np.float64(1)
    def update_parameters(self, layer):
        self.learning_rate = self.learning_rate * np.float64(0.99)
        layer.weights -= self.learning_rate * layer.dweights
        layer.biases -= self.learning_rate * layer.dbiases
"""
NUMPY = {
    "loss": DATA + LOSS + TRAINER.replace("SoftmaxCrossEntropy()", "Square()"),
    "rate": DATA + DECAY + TRAINER.replace("GradientDescent(0.5)", "Decay()"),
    "numbers": DATA
    + TRAINER.replace("30", "np.int64(30), seed=np.uint32(3), batch_size=np.float64(50)"),
}


@pytest.mark.parametrize("kind", NUMPY)
def test_numpy_scalars_are_taken_wherever_a_number_is_meant(own, watched, kind):
    frame = watched(NUMPY[kind]).frame(lambda frame: frame.status == "completed")
    assert frame.epoch == 29
    done, lines = own(NUMPY[kind])
    assert (done.returncode, lines[-1]["status"], len(lines)) == (0, "completed", 32)

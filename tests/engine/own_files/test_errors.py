"""What an error in a person's own code leaves, and what is said of it."""

import signal
import subprocess

import pytest

from engine.protocol import events
from engine.protocol.commands import GoTo, Step
from engine.protocol.events import Position
from tests.command import NNTUI
from tests.engine.own_files.conftest import DATA, TRAINER, replayed


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
    command = [*NNTUI, str(tmp_path / "mine.py"), "--headless"]
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
